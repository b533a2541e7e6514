//! Wrapped tasks as the program and its clients see them, at whatever level this is built.

mod wrapped {
    mod attached;
    mod cancel;
    mod methods;
    mod same_program;
    mod told;
    mod trace;
}
