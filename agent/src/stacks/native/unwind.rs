//! From registers and a copied stack to the addresses of the calls, by the tables that the compiler made for
//! unwinding.

use super::call_site::CallSite;
use super::modules::{Bytes, Modules, Tables};
use super::registers::{FRAME, RETURN, Registers, STACK};
use gimli::{
    CfaRule, EhFrame, Evaluation, EvaluationResult, Location, RegisterRule, UnwindContext, UnwindExpression,
    UnwindSection, UnwindTableRow, Value,
};

/// Deepest stack that is followed.
const DEEPEST: usize = 256;
/// How far up a lost frame pointer is looked for, bytes, and how many places are tried.
const SEARCHED: u64 = 8 * 1024;
const MOST_TRIES: usize = 64;
/// Steps of one expression of a table.
const MOST_STEPS: u32 = 64;
const ENCODING: gimli::Encoding =
    gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 4 };

/// A copied stack, and where it was.
pub(super) struct Stack<'a> {
    pub(super) start: u64,
    pub(super) bytes: &'a [u8],
}

impl Stack<'_> {
    fn word(&self, address: u64) -> Option<u64> {
        let at = usize::try_from(address.checked_sub(self.start)?).ok()?;
        let word = self.bytes.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(word.try_into().ok()?))
    }
}

/// The calls of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unwound {
    /// Addresses to look up, innermost first: within the call for all but the first.
    pub(super) addresses: Vec<u64>,
    /// Whether it ends where threads begin.
    pub(super) complete: bool,
    /// Whether a frame pointer had to be guessed.
    pub(super) guessed: bool,
}

/// One step outwards.
#[expect(clippy::large_enum_variant, reason = "returned once a frame, and never kept")]
enum Step {
    To(Registers, ReturnsTo),
    /// The outermost function.
    End,
    /// The frame pointer is needed, and not known.
    NeedsFrame,
    Lost,
}

/// What the caller's address is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReturnsTo {
    /// The instruction behind a call.
    BehindCall,
    /// The very instruction that a signal interrupted.
    Interrupted,
}

/// Follows stacks.
pub(super) struct Unwinder {
    pub(super) modules: Modules,
    context: UnwindContext<usize>,
}

impl Unwinder {
    pub(super) fn new() -> Self {
        Self { modules: Modules::default(), context: UnwindContext::new() }
    }

    /// Follows a stack from its innermost frame.
    pub(super) fn unwind(&mut self, registers: Registers, stack: &Stack<'_>) -> Unwound {
        self.modules.refresh();
        let mut unwound = Unwound { addresses: vec![registers.pc], ..Unwound::default() };
        self.follow(registers, stack, ReturnsTo::Interrupted, &mut unwound, true);
        unwound
    }

    fn follow(
        &mut self,
        mut registers: Registers,
        stack: &Stack<'_>,
        mut how: ReturnsTo,
        unwound: &mut Unwound,
        guess: bool,
    ) {
        while unwound.addresses.len() < DEEPEST {
            match self.step(&registers, how, stack) {
                Step::To(caller, returns) => {
                    let before = registers.get(STACK);
                    if caller.pc == 0 || caller.get(STACK) < before {
                        // A zero is where threads begin, and anywhere else: after a guess it proves nothing.
                        unwound.complete = caller.pc == 0 && guess;
                        return;
                    }
                    (registers, how) = (caller, returns);
                    unwound.addresses.push(lookup(registers.pc, how));
                }
                Step::End => {
                    unwound.complete = true;
                    return;
                }
                Step::NeedsFrame if guess => return self.guess_frame(registers, stack, how, unwound),
                Step::NeedsFrame | Step::Lost => return,
            }
        }
    }

    /// Looks for a frame pointer with which the rest of the stack leads to the thread's start. What lies there
    /// is the caller's frame pointer, and behind that the address to return to. Addresses of earlier calls lie about on
    /// the stack, so one behind a call of this very function goes before others; they may be behind one of a function
    /// that ended in a jump to this one.
    fn guess_frame(
        &mut self,
        registers: Registers,
        stack: &Stack<'_>,
        how: ReturnsTo,
        unwound: &mut Unwound,
    ) {
        unwound.guessed = true;
        if let Some(function) = self.function(lookup(registers.pc, how)) {
            let calls_it = |call| call == CallSite::Of(function);
            self.guess_among(registers, stack, how, unwound, calls_it);
        }
        if !unwound.complete {
            self.guess_among(registers, stack, how, unwound, |call| call != CallSite::Nothing);
        }
    }

    fn guess_among(
        &mut self,
        registers: Registers,
        stack: &Stack<'_>,
        how: ReturnsTo,
        unwound: &mut Unwound,
        may_be: impl Fn(CallSite) -> bool,
    ) {
        let Some(from) = registers.get(STACK) else { return };
        let known = unwound.addresses.len();
        let mut tries = 0;
        for frame in (from..from.saturating_add(SEARCHED)).step_by(8) {
            let Some(address) = stack.word(frame.wrapping_add(8)) else { return };
            if self.modules.find(address).is_none() || !may_be(CallSite::before(address)) {
                continue;
            }
            tries += 1;
            if tries > MOST_TRIES {
                return;
            }
            let mut guessed = registers;
            guessed.set(FRAME, frame);
            self.follow(guessed, stack, how, unwound, false);
            if unwound.complete {
                return;
            }
            unwound.addresses.truncate(known);
        }
    }

    /// Where the function begins that an address lies in.
    fn function(&mut self, address: u64) -> Option<u64> {
        let (tables, base) = self.modules.tables(address)?;
        let index = tables.index.table()?;
        let cie = EhFrame::cie_from_offset;
        let fde =
            index.fde_for_address(&tables.frames, &tables.bases, address.wrapping_sub(base), cie).ok()?;
        Some(fde.initial_address().wrapping_add(base))
    }

    fn step(&mut self, registers: &Registers, how: ReturnsTo, stack: &Stack<'_>) -> Step {
        let address = lookup(registers.pc, how);
        let Some((tables, base)) = self.modules.tables(address) else { return by_frame(registers, stack) };
        let address = address.wrapping_sub(base);
        let Some(index) = tables.index.table() else { return by_frame(registers, stack) };
        let cie = EhFrame::cie_from_offset;
        let Ok(fde) = index.fde_for_address(&tables.frames, &tables.bases, address, cie) else {
            return by_frame(registers, stack);
        };
        let signal = fde.is_signal_trampoline();
        let row = fde.unwind_info_for_address(&tables.frames, &tables.bases, &mut self.context, address);
        let Ok(row) = row else { return Step::Lost };
        caller(&Frame { tables, registers, stack }, row, signal)
    }
}

/// The address that tells what is running: a call may be the last instruction of its function.
fn lookup(pc: u64, how: ReturnsTo) -> u64 {
    if how == ReturnsTo::BehindCall { pc.saturating_sub(1) } else { pc }
}

/// Where no table says anything: code that keeps frame pointers may still lead on.
fn by_frame(registers: &Registers, stack: &Stack<'_>) -> Step {
    let frame = registers.get(FRAME).filter(|frame| Some(*frame) >= registers.get(STACK));
    let Some(frame) = frame else { return Step::Lost };
    let (Some(outer), Some(pc)) = (stack.word(frame), stack.word(frame.wrapping_add(8))) else {
        return Step::Lost;
    };
    let mut caller = Registers::of_waiting(return_address(pc), frame.wrapping_add(16));
    caller.set(FRAME, outer);
    Step::To(caller, ReturnsTo::BehindCall)
}

/// What is looked at in one step.
struct Frame<'a> {
    tables: &'a Tables,
    registers: &'a Registers,
    stack: &'a Stack<'a>,
}

/// The caller's registers, as a row of the table says.
fn caller(frame: &Frame<'_>, row: &UnwindTableRow<usize>, signal: bool) -> Step {
    let cfa = match row.cfa() {
        CfaRule::RegisterAndOffset { register, offset } => match frame.registers.get(*register) {
            Some(value) => value.wrapping_add_signed(*offset),
            None if *register == FRAME => return Step::NeedsFrame,
            None => return Step::Lost,
        },
        CfaRule::Expression(expression) => match frame.evaluate(expression, None) {
            Some(value) => value,
            None => return Step::Lost,
        },
    };
    // A signal's frame holds all registers, a call's only those that are given back.
    let mut caller = if signal { *frame.registers } else { frame.registers.kept() };
    let mut returns = frame.registers.get(RETURN);
    for (register, rule) in row.registers() {
        let value = match rule {
            RegisterRule::Undefined if *register == RETURN => return Step::End,
            RegisterRule::SameValue => frame.registers.get(*register),
            RegisterRule::Offset(offset) => frame.stack.word(cfa.wrapping_add_signed(*offset)),
            RegisterRule::ValOffset(offset) => Some(cfa.wrapping_add_signed(*offset)),
            RegisterRule::Register(other) => frame.registers.get(*other),
            RegisterRule::Expression(expression) => {
                frame.evaluate(expression, Some(cfa)).and_then(|at| frame.stack.word(at))
            }
            RegisterRule::ValExpression(expression) => frame.evaluate(expression, Some(cfa)),
            RegisterRule::Constant(value) => Some(*value),
            _ => None,
        };
        match value {
            Some(value) if *register == RETURN => returns = Some(value),
            Some(value) => caller.set(*register, value),
            None if *register == RETURN => return Step::Lost,
            None => {}
        }
    }
    let Some(returns) = returns else { return Step::Lost };
    caller.set(STACK, cfa);
    caller.pc = return_address(returns);
    Step::To(caller, if signal { ReturnsTo::Interrupted } else { ReturnsTo::BehindCall })
}

/// Without what pointer authentication puts into the unused bits.
fn return_address(value: u64) -> u64 {
    if cfg!(target_arch = "aarch64") { value & ((1 << 48) - 1) } else { value }
}

impl Frame<'_> {
    fn evaluate(&self, expression: &UnwindExpression<usize>, on_stack: Option<u64>) -> Option<u64> {
        let expression: gimli::Expression<Bytes> = expression.get(&self.tables.frames).ok()?;
        let mut evaluation: Evaluation<Bytes> = expression.evaluation(ENCODING);
        evaluation.set_max_iterations(MOST_STEPS);
        if let Some(value) = on_stack {
            evaluation.set_initial_value(value);
        }
        let mut result = evaluation.evaluate().ok()?;
        loop {
            result = match result {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresRegister { register, .. } => {
                    evaluation.resume_with_register(Value::Generic(self.registers.get(register)?)).ok()?
                }
                EvaluationResult::RequiresMemory { address, size: 8, .. } => {
                    evaluation.resume_with_memory(Value::Generic(self.stack.word(address)?)).ok()?
                }
                _ => return None,
            };
        }
        match evaluation.result().first()?.location {
            Location::Address { address } => Some(address),
            Location::Value { value } => value.to_u64(u64::MAX).ok(),
            _ => None,
        }
    }
}
