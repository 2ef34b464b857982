//! `caucus about`: version, licence and source (the AGPL asks that users can get the source).

use super::problem::Problem;
use crate::settings::Settings;
use std::io::Write as _;

pub(super) fn run(settings: &Settings) -> Result<(), Problem> {
    let version = env!("CARGO_PKG_VERSION");
    let source = &settings.source_url;
    write!(
        std::io::stdout().lock(),
        "Caucus {version}: {description}.

Source of this version:  {source}
Licence of our source:   MIT
Licence of this program: AGPL-3.0, because it contains activitypub_federation and
                         http-signature-normalization (AGPL-3.0). Whoever runs it for others,
                         or passes it on, owes them the source of the version that runs.
                         If you changed it, set source_url to where your source is.
",
        description = env!("CARGO_PKG_DESCRIPTION"),
    )?;
    Ok(())
}
