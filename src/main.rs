//! The `caucus` program: reads the command line and hands over; nothing else.

fn main() -> std::process::ExitCode {
    caucus::cli::run()
}
