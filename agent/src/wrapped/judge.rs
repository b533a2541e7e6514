//! What the output of a task says about its outcome.

use crate::panics::said;
use std::fmt::Display;
use std::marker::PhantomData;

/// Looks at an output.
pub(crate) trait Judge<T> {
    /// What it says if it is a failure.
    fn failure(output: &T) -> Option<String>;
}

/// Any output is a success: `spawn` cannot look into it.
pub(crate) struct Plain;

impl<T> Judge<T> for Plain {
    #[inline]
    fn failure(_: &T) -> Option<String> {
        None
    }
}

/// `Err` is a failure.
pub(crate) struct Fallible<E>(PhantomData<fn(E)>);

impl<T, E: Display> Judge<Result<T, E>> for Fallible<E> {
    fn failure(output: &Result<T, E>) -> Option<String> {
        output.as_ref().err().map(|error| said(error))
    }
}
