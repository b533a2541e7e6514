//! Rust's types as the debug information describes them: members, variants, pointers. Read one by one, when
//! something of that type is met.

use crate::debug::{Die, Entry, Reading};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Members and variants of one type at most.
const MOST_MEMBERS: usize = 4096;

/// A type.
#[derive(Debug)]
pub(crate) struct Type {
    /// Without its scopes, with its generic arguments.
    pub(crate) name: Box<str>,
    pub(crate) size: u64,
    /// A power of two.
    pub(crate) alignment: u64,
    pub(crate) kind: Kind,
}

/// What a type consists of.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A struct, a tuple, an enum or a coroutine.
    Parts {
        members: Vec<Member>,
        choice: Option<Choice>,
    },
    Pointer(Die),
    Array {
        item: Die,
        count: u64,
    },
    /// A number, or something that nobody looks into.
    Other,
}

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: Box<str>,
    pub(crate) offset: u64,
    pub(crate) of: Die,
}

/// Which of several variants there is, told by a number.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) number: Number,
    pub(crate) cases: Vec<Case>,
}

/// Where a number stands, and its size in bytes: 1 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// A variant.
#[derive(Debug)]
pub(crate) struct Case {
    /// The number that tells it; `None` for the one that is told by none of the others.
    pub(crate) value: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) of: Die,
    /// File and line of the await, in a coroutine.
    pub(crate) place: Option<(String, u64)>,
}

impl Type {
    pub(crate) fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Parts { members, .. } => members,
            _ => &[],
        }
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| &*member.name == name)
    }

    pub(crate) fn choice(&self) -> Option<&Choice> {
        match &self.kind {
            Kind::Parts { choice, .. } => choice.as_ref(),
            _ => None,
        }
    }

    /// The name without generic arguments.
    pub(crate) fn bare_name(&self) -> &str {
        self.name.split('<').next().unwrap_or_default()
    }

    /// The state of an `async fn` or `async` block.
    pub(crate) fn is_coroutine(&self) -> bool {
        self.name.starts_with("{async_")
    }
}

/// The types of one module, as far as they have been read.
pub(crate) struct Types<'a> {
    reading: Reading<'a>,
    known: RefCell<HashMap<Die, Rc<Type>>>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(reading: Reading<'a>) -> Self {
        Self { reading, known: RefCell::default() }
    }

    pub(crate) fn reading(&self) -> &Reading<'a> {
        &self.reading
    }

    /// A type; without parts if there is none there.
    pub(crate) fn get(&self, die: Die) -> Rc<Type> {
        if let Some(known) = self.known.borrow().get(&die) {
            return known.clone();
        }
        let nothing = || Type { name: "".into(), size: 0, alignment: 1, kind: Kind::Other };
        let read = Rc::new(self.read(die).unwrap_or_else(nothing));
        self.known.borrow_mut().insert(die, read.clone());
        read
    }

    fn read(&self, die: Die) -> Option<Type> {
        let entry = self.reading.entry(die)?;
        let name = self.reading.name(&entry).into();
        let size = entry.number(gimli::DW_AT_byte_size).unwrap_or(0);
        let kind = match entry.tag() {
            gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => self.parts(die),
            gimli::DW_TAG_pointer_type => {
                self.reading.reference(&entry, gimli::DW_AT_type).map_or(Kind::Other, Kind::Pointer)
            }
            gimli::DW_TAG_array_type => self.array(die, &entry).unwrap_or(Kind::Other),
            _ => Kind::Other,
        };
        let alignment = entry.number(gimli::DW_AT_alignment).filter(|it| it.is_power_of_two()).unwrap_or(8);
        Some(Type { name, size, alignment, kind })
    }

    fn array(&self, die: Die, entry: &Entry<'a>) -> Option<Kind> {
        let item = self.reading.reference(entry, gimli::DW_AT_type)?;
        let mut count = None;
        self.reading.children(die, |_, below| {
            count = below.number(gimli::DW_AT_count);
            count.is_none()
        })?;
        Some(Kind::Array { item, count: count? })
    }

    fn parts(&self, die: Die) -> Kind {
        let (mut members, mut choice) = (Vec::new(), None);
        self.reading.children(die, |place, entry| {
            match entry.tag() {
                gimli::DW_TAG_member => members.extend(self.member(&entry)),
                gimli::DW_TAG_variant_part => choice = self.choice(place),
                _ => {}
            }
            members.len() < MOST_MEMBERS
        });
        Kind::Parts { members, choice }
    }

    fn member(&self, entry: &Entry<'a>) -> Option<Member> {
        let of = self.reading.reference(entry, gimli::DW_AT_type)?;
        let offset = entry.number(gimli::DW_AT_data_member_location).unwrap_or(0);
        Some(Member { name: self.reading.name(entry).into(), offset, of })
    }

    fn choice(&self, die: Die) -> Option<Choice> {
        let (mut number, mut cases) = (None, Vec::new());
        self.reading.children(die, |place, entry| {
            match entry.tag() {
                gimli::DW_TAG_member => {
                    let member = self.member(&entry);
                    number =
                        member.map(|it| Number { offset: it.offset, size: self.get(it.of).size.clamp(1, 8) });
                }
                gimli::DW_TAG_variant => {
                    let value = entry.number(gimli::DW_AT_discr_value);
                    cases.extend(self.case(place, value));
                }
                _ => {}
            }
            cases.len() < MOST_MEMBERS
        })?;
        // An enum with one variant has nothing to tell it by.
        let number = number.unwrap_or(Number { offset: 0, size: 1 });
        let mask = u64::MAX >> (64 - 8 * number.size);
        cases.iter_mut().for_each(|case: &mut Case| case.value = case.value.map(|value| value & mask));
        Some(Choice { number, cases })
    }

    fn case(&self, die: Die, value: Option<u64>) -> Option<Case> {
        let mut case = None;
        self.reading.children(die, |_, entry| {
            let line = entry.number(gimli::DW_AT_decl_line);
            let place = line.and_then(|line| Some((self.reading.file(&entry)?, line)));
            let member = self.member(&entry);
            case = member.map(|member| Case { value, offset: member.offset, of: member.of, place });
            case.is_none()
        })?;
        case
    }

    /// Follows the names of members: where the last one lies within the first type, and its type.
    pub(crate) fn field(&self, mut of: Die, names: &[&str]) -> Option<(u64, Die)> {
        let mut offset = 0_u64;
        for name in names {
            let of_type = self.get(of);
            let member = of_type.member(name)?;
            offset = offset.checked_add(member.offset)?;
            of = member.of;
        }
        Some((offset, of))
    }

    /// The nearest member of that name, however deep: wrappers such as cells come and go between versions.
    /// Variants are not entered: which of them is there is not known here.
    pub(crate) fn within(&self, of: Die, name: &str) -> Option<(u64, Die)> {
        const DEEPEST: usize = 12;
        let mut level = vec![(0_u64, of)];
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for (begin, of) in level {
                if next.len() > MOST_MEMBERS {
                    return None;
                }
                for member in self.get(of).members() {
                    let offset = begin.checked_add(member.offset)?;
                    if &*member.name == name {
                        return Some((offset, member.of));
                    }
                    next.push((offset, member.of));
                }
            }
            level = next;
        }
        None
    }

    /// What the first pointer below points to: `Arc`, `NonNull` and their like are structs around one.
    pub(crate) fn pointee(&self, mut of: Die) -> Option<Die> {
        const DEEPEST: usize = 12;
        for _ in 0..DEEPEST {
            match &self.get(of).kind {
                Kind::Pointer(to) => return Some(*to),
                Kind::Parts { members, .. } => of = members.first()?.of,
                _ => return None,
            }
        }
        None
    }
}
