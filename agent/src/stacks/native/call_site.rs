//! The call in front of an address that something returns to.

use super::memory;

/// What stands in front of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallSite {
    /// A call of the code at this address.
    Of(u64),
    /// A call of what only the program knew.
    OfAnything,
    /// No call.
    Nothing,
}

impl CallSite {
    /// Reads it; no call where nothing can be read.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn before(address: u64) -> Self {
        let Some(before) = bytes::<7>(address.wrapping_sub(7)) else { return CallSite::Nothing };
        let [_, first, second, a, b, c, d] = before;
        let there = address.wrapping_add_signed(i32::from_le_bytes([a, b, c, d]).into());
        if (first, second) == (0xFF, 0x15) {
            // By way of a table, as functions of std are called.
            return bytes(there)
                .map_or(CallSite::OfAnything, |entry| CallSite::Of(u64::from_le_bytes(entry)));
        }
        if second == 0xE8 {
            return CallSite::Of(there);
        }
        // An indirect call: 0xFF with 2 in the middle of the next byte; it takes two to seven bytes.
        let indirect = before.windows(2).any(|pair| matches!(pair, [0xFF, how] if how >> 3 & 7 == 2));
        if indirect { CallSite::OfAnything } else { CallSite::Nothing }
    }

    /// Reads it; no call where nothing can be read.
    #[cfg(target_arch = "aarch64")]
    pub(super) fn before(address: u64) -> Self {
        let at = address.wrapping_sub(4);
        let Some(before) = bytes(at) else { return CallSite::Nothing };
        let instruction = u32::from_le_bytes(before);
        if instruction & 0xFC00_0000 == 0x9400_0000 {
            // Its lower 26 bits are a distance in instructions.
            let distance = ((instruction << 6) as i32 >> 6) << 2;
            return CallSite::Of(at.wrapping_add_signed(distance.into()));
        }
        let indirect = instruction & 0xFFFF_FC1F == 0xD63F_0000;
        if indirect { CallSite::OfAnything } else { CallSite::Nothing }
    }
}

fn bytes<const N: usize>(address: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (memory::copy(address, &mut bytes) == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::CallSite;

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_call_tells_whom_it_calls() {
        let before = |code: &[u8; 16]| {
            let start = code.as_ptr().expose_provenance() as u64;
            (start, CallSite::before(start + 8))
        };
        let direct = [0x90, 0x90, 0x90, 0xE8, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let (start, call) = before(&direct);
        assert_eq!(call, CallSite::Of(start + 12));
        // The table's entry lies right behind it.
        let by_table = [0x90, 0x90, 0xFF, 0x15, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1, 0];
        assert_eq!(before(&by_table).1, CallSite::Of(0x0001_0203_0405_0607));
        let by_register = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xD0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(before(&by_register).1, CallSite::OfAnything);
        assert_eq!(before(&[0x90; 16]).1, CallSite::Nothing);
        assert_eq!(CallSite::before(9), CallSite::Nothing);
    }
}
