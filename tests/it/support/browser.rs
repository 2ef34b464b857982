//! A person without scripts: follows redirects, keeps cookies, fills in forms as they stand on the
//! page, hidden fields and all.

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeMap;

/// A browser with its cookies.
#[expect(clippy::disallowed_types, reason = "the test plays a browser")]
pub struct Browser {
    base: String,
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

/// A page as it came.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub url: String,
    pub headers: HeaderMap,
    pub body: String,
}

/// A form that is being filled in.
#[derive(Debug, Clone)]
pub struct Form {
    action: String,
    method: String,
    fields: Vec<(String, String)>,
}

impl Browser {
    /// A browser that begins at `base` without cookies.
    #[expect(clippy::disallowed_types, reason = "the test plays a browser")]
    pub fn new(base: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: base.to_owned(), client, cookies: BTreeMap::new() }
    }

    /// Opens a path or URL, following redirects.
    pub async fn get(&mut self, path: &str) -> Page {
        self.visit("get", path, &[]).await
    }

    /// Sends a form as it stands, following redirects.
    pub async fn submit(&mut self, form: &Form) -> Page {
        self.visit(&form.method, &form.action, &form.fields).await
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Forgets every cookie.
    pub fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    async fn visit(&mut self, method: &str, path: &str, fields: &[(String, String)]) -> Page {
        let mut page = self.once(method, &self.absolute(path), fields).await;
        for _ in 0..10 {
            let Some(next) = page.headers.get(LOCATION).filter(|_| (300..400).contains(&page.status)) else {
                return page;
            };
            let next = url::Url::parse(&page.url).unwrap().join(next.to_str().unwrap()).unwrap();
            page = self.once("get", next.as_str(), &[]).await;
        }
        panic!("{path} redirects for ever");
    }

    async fn once(&mut self, method: &str, url: &str, fields: &[(String, String)]) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut target = url::Url::parse(url).unwrap();
        let encoded = serde_html_form::to_string(fields).unwrap();
        let is_post = method.eq_ignore_ascii_case("post");
        if !is_post && !fields.is_empty() {
            target.set_query(Some(&encoded));
        }
        let mut request = if is_post {
            self.client
                .post(target.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", self.base.clone())
                .header("sec-fetch-site", "same-origin")
                .body(encoded)
        } else {
            self.client.get(target.clone())
        };
        request = request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Page {
            status: answer.status().as_u16(),
            url: target.to_string(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        if value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name.trim());
        } else {
            self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }
}

impl Page {
    /// The form whose action ends with `action`, with the values that stand in it.
    pub fn form(&self, action: &str) -> Form {
        self.form_nth(action, 0)
    }

    /// One of several forms to this action, counted from 0.
    pub fn form_nth(&self, action: &str, index: usize) -> Form {
        let html = Html::parse_document(&self.body);
        let form = html
            .select(&selector("form"))
            .filter(|form| resolve(&self.url, form.value().attr("action")).ends_with(action))
            .nth(index)
            .unwrap_or_else(|| panic!("{} has no form to {action}:\n{}", self.url, self.body));
        Form {
            action: resolve(&self.url, form.value().attr("action")),
            method: form.value().attr("method").unwrap_or("get").to_ascii_lowercase(),
            fields: form.select(&selector("input, textarea, select")).flat_map(standing_value).collect(),
        }
    }

    /// The text of everything that `css` selects.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).map(|found| words(&found)).collect()
    }

    /// All of the page's text, blanks run together.
    pub fn text(&self) -> String {
        self.texts("body").join(" ")
    }

    /// An attribute of the first element that `css` selects.
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).next().and_then(|found| found.value().attr(name)).map(str::to_owned)
    }
}

impl Form {
    /// Fills in one field; the field must stand in the form.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(have, _)| have == name);
        match field {
            Some((_, have)) => *have = value.to_owned(),
            None => panic!("the form to {} has no field {name}: {:?}", self.action, self.fields),
        }
        self
    }

    /// Fills in one of several fields of this name, counted from 0.
    pub fn fill_nth(mut self, name: &str, index: usize, value: &str) -> Self {
        let field = self.fields.iter_mut().filter(|(have, _)| have == name).nth(index);
        field.unwrap_or_else(|| panic!("there are not so many fields {name}")).1 = value.to_owned();
        self
    }

    /// The values of all fields of this name, in their order.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.fields.iter().filter(|(have, _)| have == name).map(|(_, value)| value.clone()).collect()
    }

    /// Ticks a box or chooses an option that was not sent so far.
    pub fn choose(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same fields sent elsewhere, as an attacker would.
    pub fn at(mut self, action: &str) -> Self {
        action.clone_into(&mut self.action);
        self
    }

    /// True when a field of this name stands there with this value.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(have, stands)| have == name && stands == value)
    }

    /// Sends `name` with this value whether the form has it or not, as an attacker would.
    pub fn forge(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(have, _)| have != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What a browser would send of this control if nobody touched it.
fn standing_value(control: ElementRef<'_>) -> Option<(String, String)> {
    let name = control.value().attr("name")?.to_owned();
    let value = control.value().attr("value").map(str::to_owned);
    let is_chosen = |e: &ElementRef<'_>, attribute: &str| e.value().attr(attribute).is_some();
    match (control.value().name(), control.value().attr("type").unwrap_or("text")) {
        ("textarea", _) => Some((name, control.text().collect())),
        ("select", _) => {
            let options = selector("option");
            let all: Vec<ElementRef<'_>> = control.select(&options).collect();
            let chosen = all.iter().find(|option| is_chosen(option, "selected")).or_else(|| all.first())?;
            Some((name, chosen.value().attr("value").map_or_else(|| words(chosen), str::to_owned)))
        }
        ("input", "checkbox" | "radio") if !is_chosen(&control, "checked") => None,
        ("input", "checkbox" | "radio") => Some((name, value.unwrap_or_else(|| "on".to_owned()))),
        ("input", "submit" | "button" | "image" | "reset" | "file") => None,
        _ => Some((name, value.unwrap_or_default())),
    }
}

fn resolve(page: &str, action: Option<&str>) -> String {
    url::Url::parse(page).unwrap().join(action.unwrap_or("")).unwrap().to_string()
}

fn words(element: &ElementRef<'_>) -> String {
    element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}
