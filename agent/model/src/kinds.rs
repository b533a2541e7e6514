//! Enumerations of what can stand in a frame: each variant has a kind on the wire and holds the payload
//! struct of its own name.

use serde::Serialize;
use serde::de::DeserializeOwned;

macro_rules! kinds {
    ($(#[$enum_doc:meta])* $name:ident { $($(#[$doc:meta])* $item:ident = $kind:literal,)+ }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $item($item),)+
        }

        impl $name {
            /// Every kind this version knows, with its name.
            pub const KINDS: &[(u16, &str)] = &[$(($kind, stringify!($item))),+];

            /// The kind on the wire.
            pub const fn kind(&self) -> u16 {
                match self {
                    $(Self::$item(_) => $kind,)+
                }
            }

            /// Appends the postcard payload.
            pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), postcard::Error> {
                match self {
                    $(Self::$item(payload) => crate::kinds::write(payload, out),)+
                }
            }

            /// Reads a payload; `Ok(None)` for a kind this version does not know.
            pub(crate) fn read(kind: u16, payload: &[u8]) -> Result<Option<Self>, postcard::Error> {
                Ok(match kind {
                    $($kind => Some(Self::$item(crate::kinds::read(payload)?)),)+
                    _ => None,
                })
            }
        }

        $(impl From<$item> for $name {
            fn from(payload: $item) -> Self {
                Self::$item(payload)
            }
        })+
    };
}

pub(crate) use kinds;

/// Appends to a buffer that stays the caller's when something goes wrong.
struct Append<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> Result<(), postcard::Error> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> Result<(), postcard::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> Result<(), postcard::Error> {
        Ok(())
    }
}

pub(crate) fn write<T: Serialize>(payload: &T, out: &mut Vec<u8>) -> Result<(), postcard::Error> {
    postcard::serialize_with_flavor(payload, Append(out))
}

/// Payloads are frozen, so bytes behind one mean that it is not what its kind says.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (payload, []) => Ok(payload),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}
