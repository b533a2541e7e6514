//! What may stand below the attribute: results, `?`, early returns, arguments, generics, `impl Trait`, methods.

use std::error::Error;
use std::fmt::Display;

fn cores() -> usize {
    2
}

#[taskscope_agent::main(worker_threads = cores(), name = "shapes")]
async fn main() -> Result<(), Box<dyn Error>> {
    let number: u8 = "7".parse()?;
    if number == 8 {
        return Err("eight".into());
    }
    let length = tokio::task::spawn_blocking(|| length_of("seven", 1)).await??;
    let text = tokio::task::spawn_blocking(|| text_of(7)).await?;
    let doubled = tokio::task::spawn_blocking(|| doubled().sum::<u8>()).await?;
    let kept = tokio::task::spawn_blocking(|| Keeper("kept").keep().len()).await?;
    assert_eq!((length, text.as_str(), doubled, kept), (6, "7", 6, 4));
    Ok(())
}

#[taskscope_agent::main(flavor = "current_thread")]
async fn length_of(text: &str, mut more: usize) -> Result<usize, std::num::ParseIntError> {
    more += text.len();
    tokio::task::yield_now().await;
    Ok(more)
}

/// Documentation and other attributes stay.
#[inline(never)]
#[taskscope_agent::main(flavor = "current_thread")]
pub(crate) async fn text_of<T: Display + Send>(value: T) -> String {
    value.to_string()
}

#[taskscope_agent::main]
async fn doubled() -> impl Iterator<Item = u8> {
    [1, 2].into_iter().map(|number| number * 2)
}

struct Keeper(&'static str);

impl Keeper {
    #[taskscope_agent::main(flavor = "current_thread")]
    async fn keep(&self) -> &'static str {
        self.0
    }
}

#[allow(dead_code)]
#[taskscope_agent::main]
async fn for_ever() -> ! {
    loop {
        tokio::task::yield_now().await;
    }
}
