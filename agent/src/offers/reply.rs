//! What commands and values may return.

use std::borrow::Cow;
use std::fmt::Display;

/// What a [`command`](crate::command) or a [`value`](crate::value) may return: nothing, a text, a number, or a
/// `Result` of these whose error can be shown.
pub trait Reply {
    /// The text that is shown, or that of the error.
    ///
    /// # Errors
    /// It is an error.
    fn reply(self) -> Result<String, String>;
}

impl Reply for () {
    fn reply(self) -> Result<String, String> {
        Ok(String::new())
    }
}

impl Reply for String {
    fn reply(self) -> Result<String, String> {
        Ok(self)
    }
}

impl<T: Reply, E: Display> Reply for Result<T, E> {
    fn reply(self) -> Result<String, String> {
        // With `#` such errors as have causes show these too.
        self.map_err(|error| format!("{error:#}")).and_then(Reply::reply)
    }
}

macro_rules! shown {
    ($($type:ty),+) => {
        $(impl Reply for $type {
            fn reply(self) -> Result<String, String> {
                Ok(self.to_string())
            }
        })+
    };
}

shown!(&str, Cow<'_, str>, bool, char, f32, f64);
shown!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
