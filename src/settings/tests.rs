//! What the settings take and refuse.

use super::*;

/// Settings from these variables alone, without the folder's `caucus.toml`.
fn load(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    with_file("", variables)
}

fn with_file(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("caucus.toml");
    std::fs::write(&file, text).unwrap();
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::load(&Flags { config: Some(file), ..Flags::default() }, &environment)
}

#[test]
fn nothing_needs_to_be_set_on_this_machine() {
    let settings = load(&[]).unwrap();

    assert_eq!(settings.public_url.as_str(), "http://localhost:8080/");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.database_url, DatabaseUrl::Sqlite(PathBuf::from("data/caucus.sqlite")));
    assert!(settings.is_local_mode);
}

#[test]
fn the_public_url_follows_the_port_in_local_mode() {
    let settings = load(&[("CAUCUS_LISTEN", "127.0.0.1:9000")]).unwrap();

    assert_eq!(settings.public_url.as_str(), "http://localhost:9000/");
}

#[test]
fn variables_outweigh_the_file_and_flags_outweigh_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("caucus.toml");
    std::fs::write(&file, "data_dir = 'from-file'\nlisten = '127.0.0.1:1'\ncabals_per_day = 7").unwrap();
    let environment = BTreeMap::from([
        ("CAUCUS_DATA_DIR".to_owned(), "from-variable".to_owned()),
        ("CAUCUS_LISTEN".to_owned(), "127.0.0.1:2".to_owned()),
    ]);
    let flags = Flags { config: Some(file), listen: Some("127.0.0.1:3".to_owned()), ..Flags::default() };

    let settings = Settings::load(&flags, &environment).unwrap();

    assert_eq!(settings.data_dir, PathBuf::from("from-variable"));
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.cabals_per_day, 7);
}

#[test]
fn all_problems_are_told_at_once() {
    let problems = load(&[
        ("CAUCUS_LISTEN", "everywhere"),
        ("CAUCUS_PUBLIC_URL", "caucus.example"),
        ("CAUCUS_DATABASE_URL", "mysql://x"),
        ("CAUCUS_LOG_FORMAT", "xml"),
        ("CAUCUS_CABALS_PER_DAY", "many"),
        ("CAUCUS_TRUSTED_PROXIES", "10.0.0.1, proxy"),
        ("CAUCUS_SOURCE_URL", "ftp://x"),
        ("CAUCUS_COLOUR", "red"),
    ])
    .unwrap_err();

    for word in ["listen", "public_url", "database_url", "log_format", "PER_DAY", "proxy", "source_url", "COLOUR"] {
        assert!(problems.iter().any(|problem| problem.contains(word)), "{word}: {problems:#?}");
    }
    assert_eq!(problems.len(), 8, "{problems:#?}");
}

#[test]
fn unknown_keys_of_the_file_are_refused_with_the_known_ones() {
    let problems = with_file("data_dri = 'x'", &[]).unwrap_err();

    assert!(problems[0].contains("data_dri") && problems[0].contains("data_dir"), "{problems:?}");
}

#[test]
fn a_settings_file_that_was_named_must_be_there() {
    let flags = Flags { config: Some(PathBuf::from("/nowhere/caucus.toml")), ..Flags::default() };

    let problems = Settings::load(&flags, &BTreeMap::new()).unwrap_err();

    assert!(problems[0].contains("/nowhere/caucus.toml"), "{problems:?}");
}

#[test]
fn local_mode_is_for_names_of_this_machine_only() {
    for url in ["http://localhost:8080", "http://127.0.0.2", "http://[::1]:99", "http://a.localhost", "https://b.test"]
    {
        assert!(load(&[("CAUCUS_PUBLIC_URL", url)]).is_ok_and(|s| s.is_local_mode), "{url}");
    }
    for url in [
        "http://caucus.example",
        "http://localhost.example",
        "http://test",
        "http://127.0.0.1.nip.example",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://[fd00::1]",
    ] {
        assert!(load(&[("CAUCUS_PUBLIC_URL", url)]).is_err(), "{url}");
    }
}

#[test]
fn a_public_url_is_a_bare_address() {
    for url in [
        "",
        "caucus.example",
        "ftp://localhost",
        "http://localhost/caucus",
        "http://localhost/?a",
        "http://localhost/#a",
        "http://ada@localhost",
        "http://:pw@localhost",
        "https://caucus.example:8443",
        "https://caucus",
    ] {
        assert!(load(&[("CAUCUS_PUBLIC_URL", url)]).is_err(), "{url}");
    }
}

#[test]
#[cfg(debug_assertions)]
fn a_debug_build_refuses_a_public_address() {
    let problems = load(&[("CAUCUS_PUBLIC_URL", "https://caucus.example")]).unwrap_err();

    assert!(problems.len() == 1 && problems[0].contains("--release"), "{problems:?}");
}

#[test]
fn the_switch_that_turns_address_checks_off_is_refused() {
    for value in ["1", "true", "0", ""] {
        let problems = load(&[("DANGER_FEDERATION_ALLOW_LOCAL_IP", value)]).unwrap_err();

        assert!(problems.len() == 1 && problems[0].contains("unset"), "{problems:?}");
    }
}

#[test]
fn the_database_is_chosen_by_its_url() {
    let chosen = |url: &str| load(&[("CAUCUS_DATABASE_URL", url)]).map(|settings| settings.database_url);

    assert_eq!(chosen("postgres://h/d"), Ok(DatabaseUrl::Postgres("postgres://h/d".to_owned())));
    assert_eq!(chosen("sqlite:///var/x.sqlite"), Ok(DatabaseUrl::Sqlite(PathBuf::from("/var/x.sqlite"))));
    assert!(chosen("sqlite://").is_err());
    assert!(chosen("/var/x.sqlite").is_err());
}
