//! Prints one SQL statement of the product by its name, so that measurements use the text that is really sent.

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    match domain::statements().find(|statement| statement.name == wanted) {
        Some(statement) => println!("{}", statement.sql.split_whitespace().collect::<Vec<_>>().join(" ")),
        None => {
            eprintln!("no statement {wanted:?}; there are:");
            domain::statements().for_each(|statement| eprintln!("  {}", statement.name));
            std::process::exit(2);
        }
    }
}
