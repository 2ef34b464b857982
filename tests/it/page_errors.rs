//! Forms that are not right: the same page again with what was typed, a summary that takes the
//! focus and leads to each field, and nothing half done.

use crate::support::Town;

/// A form, what to type into it, and the fields that must be named.
struct Case {
    path: String,
    action: &'static str,
    typed: Vec<(&'static str, String)>,
    named: Vec<&'static str>,
}

fn case(path: &str, action: &'static str, typed: &[(&'static str, &str)], named: &[&'static str]) -> Case {
    let typed = typed.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Case { path: path.to_owned(), action, typed, named: named.to_vec() }
}

fn cases(town: &Town) -> Vec<Case> {
    let long = "x".repeat(300);
    vec![
        case("/cabals/new", "/cabals/new", &[("purpose", "Kept")], &["name"]),
        case("/cabals/new", "/cabals/new", &[("name", "Fine"), ("purpose", "Fine"), ("handle", "admin")], &["handle"]),
        case("/cabals/new", "/cabals/new", &[("name", "Fine"), ("purpose", "Fine"), ("handle", "search")], &["handle"]),
        case(
            "/c/search/help-requests/new",
            "/help-requests/new",
            &[("hours", "many"), ("place", "Kept")],
            &["what", "skills", "hours"],
        ),
        case(
            &format!("{}/edit", town.request),
            "/edit",
            &[("what", ""), ("deadline", "yesterday")],
            &["what", "deadline"],
        ),
        case(&format!("{}/offer", town.request), "/offer", &[("name", "Kept")], &["contact", "text"]),
        case("/c/search/progress/new", "/progress/new", &[("language", "Klingon!")], &["text", "language"]),
        case("/c/search/polls/new", "/polls/new", &[("question", "Kept?")], &["options"]),
        case("/account", "/account/tokens", &[("name", &long)], &["name"]),
    ]
}

#[tokio::test]
async fn a_form_with_problems_comes_back_with_what_was_typed() {
    let mut town = Town::new().await;
    for case in cases(&town) {
        let mut form = town.ada.get(&case.path).await.form(case.action);
        for (name, value) in &case.typed {
            form = form.fill(name, value);
        }

        let page = town.ada.submit(&form).await;

        assert_eq!(page.status, 422, "{}", case.path);
        assert_eq!(page.trouble(), case.named, "{}", case.path);
        page.assert_sound();
        assert!(page.texts("title")[0].starts_with("Please mend:"), "{}", case.path);
        let again = page.form(case.action);
        for (name, value) in &case.typed {
            assert!(again.has(name, value), "{}: {name} is lost", case.path);
        }
        for field in &case.named {
            let described = page.attribute(&format!("#{field}"), "aria-describedby").unwrap_or_default();
            assert!(described.contains(&format!("{field}-problem")), "{}: {field} does not say its problem", case.path);
        }
    }
    assert!(!town.app.browser().get("/cabals").await.text().contains("Fine"), "nothing was done");
}

#[tokio::test]
async fn sign_up_names_every_problem_at_once() {
    let town = Town::new().await;
    let mut carol = town.app.browser();
    let form =
        carol.get("/sign-up").await.form("/sign-up").fill("handle", "c d").fill("name", "Carol").fill("password", "x");

    let page = carol.submit(&form).await;

    assert_eq!(
        (page.status, page.trouble()),
        (422, ["handle", "password", "eligible", "signs"].map(str::to_owned).to_vec())
    );
    assert_eq!(page.attribute("#name", "value").as_deref(), Some("Carol"));
    assert!(page.attribute("#password", "value").is_none(), "a password is never sent back");
}

#[tokio::test]
async fn an_amendment_that_changes_nothing_or_says_too_much_is_refused() {
    let mut town = Town::new().await;
    let choose = town.ada.get("/documents/agreement/amend").await;
    let clause = choose.attribute("input[name=clause]", "value").unwrap();
    let edit = town.ada.get(&format!("/documents/agreement/amend?clause={clause}")).await;
    let form = edit.form("/amend").fill("summary", &"word ".repeat(61)).choose("step", "preview");

    let page = town.ada.submit(&form).await;

    assert_eq!(page.status, 422);
    page.assert_sound();
    let named = page.trouble();
    for field in ["title", "summary", "values_fit", "changes"] {
        assert!(named.contains(&field.to_owned()), "{named:?}");
    }
}

#[tokio::test]
async fn names_of_existing_things_cannot_be_taken_again_in_any_spelling() {
    let town = Town::new().await;
    for (taken, password) in
        [("ADA", "a long pass phrase"), ("@search", "a long pass phrase"), ("commons", "a long pass phrase")]
    {
        let mut eve = town.app.browser();
        let form = eve.get("/sign-up").await.form("/sign-up").fill("handle", taken).fill("password", password);
        let page = eve.submit(&form.choose("eligible", "yes").choose("signs", "yes")).await;
        assert_eq!((page.status, page.trouble()), (422, vec!["handle".to_owned()]), "{taken}");
    }
}
