//! Fields of spans: names and values as words, whatever their form.

use console_api::field::{Name, Value};
use console_api::{Attribute as Told, Field, RegisterMetadata};
use std::collections::HashMap;
use taskscope_model::change::Attribute;

/// Names of fields that are told by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the number of the span's description.
    fields: HashMap<u64, Vec<String>>,
}

impl Names {
    /// Takes in descriptions of spans.
    pub(super) fn register(&mut self, told: RegisterMetadata) {
        for new in told.metadata {
            if let (Some(id), Some(metadata)) = (new.id, new.metadata) {
                self.fields.insert(id.id, metadata.field_names);
            }
        }
    }

    /// Whether nothing has been described yet.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The name of a field; `None` if it is not known.
    pub(super) fn of<'a>(&'a self, field: &'a Field) -> Option<&'a str> {
        match field.name.as_ref()? {
            Name::StrName(name) => Some(name),
            Name::NameIdx(index) => {
                let names = self.fields.get(&field.metadata_id?.id)?;
                names.get(usize::try_from(*index).ok()?).map(String::as_str)
            }
        }
    }

    /// State as words, in the order of their names.
    pub(super) fn attributes(&self, told: &[Told]) -> Vec<Attribute> {
        let attribute = |told: &Told| {
            let field = told.field.as_ref()?;
            let name = self.of(field)?.to_owned();
            Some(Attribute { name, value: words(field), unit: told.unit.clone().unwrap_or_default() })
        };
        let mut attributes: Vec<_> = told.iter().filter_map(attribute).collect();
        attributes.sort_unstable();
        attributes
    }
}

/// The value of a field as words; empty if there is none.
pub(super) fn words(field: &Field) -> String {
    match &field.value {
        Some(Value::DebugVal(text) | Value::StrVal(text)) => text.clone(),
        Some(Value::U64Val(number)) => number.to_string(),
        Some(Value::I64Val(number)) => number.to_string(),
        Some(Value::BoolVal(is)) => is.to_string(),
        None => String::new(),
    }
}

/// The value of a field as a number.
pub(super) fn number(field: &Field) -> Option<u64> {
    match &field.value {
        Some(Value::U64Val(number)) => Some(*number),
        Some(Value::I64Val(number)) => u64::try_from(*number).ok(),
        Some(Value::DebugVal(text) | Value::StrVal(text)) => text.parse().ok(),
        _ => None,
    }
}
