//! The program's own commands and values, and signals.

use crate::signals;
use crate::tui::action::Effect;
use crate::tui::ui::Ui;
use crate::tui::update;
use taskscope_model::World;
use taskscope_model::codes::OfferKind;

type Done = Result<Effect, String>;

fn offered(world: &World, kind: OfferKind) -> impl Iterator<Item = &str> {
    world.offers().filter(move |offer| offer.kind == kind).map(|offer| offer.name.as_str())
}

/// `call flush all`; the program's commands can be typed without `call` too, where the name means nothing else.
pub(in crate::tui) fn call(ui: &mut Ui, world: &World, text: &str) -> Done {
    let mut words = text.split_whitespace().map(str::to_owned);
    let name = words.next().ok_or("which command? Tab lists those that the program offers")?;
    if !offered(world, OfferKind::COMMAND).any(|offer| offer == name) {
        return Err(format!("the program offers no command `{name}`"));
    }
    update::may_control(ui)?;
    Ok(Effect::Call { name, arguments: words.collect() })
}

pub(super) fn values(ui: &mut Ui, _: &World, text: &str) -> Done {
    update::may_control(ui)?;
    Ok(Effect::Evaluate(text.split_whitespace().map(str::to_owned).collect()))
}

pub(super) fn signal(ui: &mut Ui, _: &World, text: &str) -> Done {
    let signal =
        signals::number(text).ok_or_else(|| format!("`{text}` is no signal, such as TERM or USR1"))?;
    update::may_control(ui)?;
    Ok(Effect::Raise(signal))
}

pub(in crate::tui) fn commands(_: &Ui, world: &World) -> Vec<String> {
    offered(world, OfferKind::COMMAND).map(str::to_owned).collect()
}

pub(super) fn value_names(_: &Ui, world: &World) -> Vec<String> {
    offered(world, OfferKind::VALUE).map(str::to_owned).collect()
}

pub(super) fn signals(_: &Ui, _: &World) -> Vec<String> {
    ["TERM", "INT", "HUP", "USR1", "USR2", "QUIT", "KILL"].map(str::to_owned).into()
}
