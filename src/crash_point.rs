//! Places at which a test may let the program die, to prove that it may die anywhere (A16). In a
//! release build they are nothing.

/// Ends the program on the spot, without a word to anybody, when `CRASH_POINT` names this place.
#[cfg(debug_assertions)]
pub fn crash_point(place: &str) {
    static WANTED: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var("CRASH_POINT").ok());
    if WANTED.as_deref() == Some(place) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub fn crash_point(_place: &str) {}
