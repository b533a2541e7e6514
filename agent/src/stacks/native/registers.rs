//! The registers that unwinding needs, by their numbers in DWARF.

use gimli::Register;

/// So many numbers are kept: all general registers of both architectures.
pub(super) const REGISTERS: usize = 32;

#[cfg(target_arch = "x86_64")]
mod numbers {
    pub(super) const STACK: u16 = 7;
    pub(super) const FRAME: u16 = 6;
    pub(super) const RETURN: u16 = 16;
    /// A function gives these back as it found them: rbx, rbp, r12 to r15.
    pub(super) const KEPT: [u16; 6] = [3, 6, 12, 13, 14, 15];
}

#[cfg(target_arch = "aarch64")]
mod numbers {
    pub(super) const STACK: u16 = 31;
    pub(super) const FRAME: u16 = 29;
    pub(super) const RETURN: u16 = 30;
    /// x19 to x29.
    pub(super) const KEPT: [u16; 11] = [19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29];
}

/// The stack pointer.
pub(super) const STACK: Register = Register(numbers::STACK);
/// The frame pointer, where code keeps one.
pub(super) const FRAME: Register = Register(numbers::FRAME);
/// Where the return address is, or what stands for it.
pub(super) const RETURN: Register = Register(numbers::RETURN);

/// What is known of a thread's registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Registers {
    pub(super) pc: u64,
    values: [u64; REGISTERS],
    known: u32,
}

impl Registers {
    /// Those that the system tells of a thread that is not interrupted.
    pub(super) fn of_waiting(pc: u64, stack: u64) -> Self {
        let mut registers = Self { pc, ..Self::default() };
        registers.set(STACK, stack);
        registers
    }

    pub(super) fn get(&self, register: Register) -> Option<u64> {
        let known = register.0 < 32 && self.known & 1 << register.0 != 0;
        self.values.get(usize::from(register.0)).copied().filter(|_| known)
    }

    pub(super) fn set(&mut self, register: Register, value: u64) {
        if let Some(place) = self.values.get_mut(usize::from(register.0)) {
            *place = value;
            self.known |= 1 << register.0;
        }
    }

    /// What a caller finds in its registers where nothing is said of them.
    pub(super) fn kept(&self) -> Self {
        let mut kept = Self::default();
        for number in numbers::KEPT {
            if let Some(value) = self.get(Register(number)) {
                kept.set(Register(number), value);
            }
        }
        kept
    }

    /// Those of an interrupted thread. Called in a signal handler.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn of_interrupted(context: &libc::ucontext_t) -> Self {
        /// Where the kernel keeps each, in the order of DWARF's numbers.
        const ORDER: [i32; 16] = [
            libc::REG_RAX,
            libc::REG_RDX,
            libc::REG_RCX,
            libc::REG_RBX,
            libc::REG_RSI,
            libc::REG_RDI,
            libc::REG_RBP,
            libc::REG_RSP,
            libc::REG_R8,
            libc::REG_R9,
            libc::REG_R10,
            libc::REG_R11,
            libc::REG_R12,
            libc::REG_R13,
            libc::REG_R14,
            libc::REG_R15,
        ];
        let all = &context.uc_mcontext.gregs;
        let value = |at: i32| all.get(at as usize).map_or(0, |value| *value as u64);
        let mut registers = Self { pc: value(libc::REG_RIP), ..Self::default() };
        for (at, number) in ORDER.into_iter().zip(0..) {
            registers.set(Register(number), value(at));
        }
        registers
    }

    /// Those of an interrupted thread. Called in a signal handler.
    #[cfg(target_arch = "aarch64")]
    pub(super) fn of_interrupted(context: &libc::ucontext_t) -> Self {
        let all = &context.uc_mcontext;
        let mut registers = Self { pc: all.pc, ..Self::default() };
        for (value, number) in all.regs.iter().zip(0..) {
            registers.set(Register(number), *value);
        }
        registers.set(STACK, all.sp);
        registers
    }
}
