//! Programs that know nothing of taskscope, read from outside.

#[cfg(target_os = "linux")]
mod outside {
    mod axum;
    mod churn;
    mod core_file;
    mod damages;
    mod expected;
    mod factors;
    mod fixture;
    mod hostile;
    mod image;
    mod refusals;
    mod split;
    mod text;
    mod truth;
}
