use taskscope_agent::observe;

#[observe]
fn not_async() -> impl Future<Output = ()> {
    async {}
}

#[observe]
struct NotAFunction;

#[observe(name = "x")]
async fn wrong_option() {}

trait Declares {
    #[observe]
    async fn without_a_body(&self);
}

#[observe]
impl NotAFunction {
    #[observe]
    fn not_async_either() {}
}

fn main() {}
