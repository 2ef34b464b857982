//! Under which names we answer (AC-10, AC-4).

use crate::support::TestApp;
use crate::support::fault::raw;

async fn status(app: &TestApp, path: &str, hosts: &[&str]) -> (u16, String) {
    let lines: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
    raw(&app.listens, format!("GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn a_public_server_answers_under_its_own_name_only() {
    let app = TestApp::in_public("https://caucus.example").await;
    for host in ["caucus.example", "CAUCUS.example", "caucus.example.", "caucus.example:443"] {
        assert_eq!(status(&app, "/about", &[host]).await.0, 200, "{host}");
    }
    let address = app.listens.clone();
    for host in [
        "evil.example",
        "localhost",
        "127.0.0.1",
        &address,
        "caucus.example.evil.example",
        "caucus.example:8443",
        "x@caucus.example",
        "caucus.example/x",
        "evil.test",
        "[::1]",
        "",
        "\u{e9}",
    ] {
        for path in ["/about", "/sign-in", "/api/v1/instance", "/.well-known/nodeinfo", "/static/x/y", "/nowhere"] {
            let (status, answer) = status(&app, path, &[host]).await;
            assert!(matches!(status, 421 | 400), "{path} {host}: {status}");
            assert!(!answer.contains("set-cookie") && !answer.contains(&format!("//{host}/")), "{answer}");
        }
    }
    assert_eq!(status(&app, "/about", &["evil.example"]).await.0, 421);
    for hosts in [["caucus.example", "evil.example"], ["evil.example", "caucus.example"]] {
        assert!(matches!(status(&app, "/about", &hosts).await.0, 400 | 421));
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(status(&app, path, &["10.0.0.1:8080"]).await.0, 200, "probes ask by address");
    }
}

#[tokio::test]
async fn what_a_proxy_says_of_the_host_changes_no_link() {
    let app = TestApp::in_public("https://caucus.example").await;
    let request = "GET /.well-known/nodeinfo HTTP/1.1\r\nHost: caucus.example\r\nX-Forwarded-Host: evil.example\r\n\
                   Forwarded: host=evil.example\r\nConnection: close\r\n\r\n";

    let (status, answer) = raw(&app.listens, request.as_bytes()).await;

    assert_eq!(status, 200);
    assert!(answer.contains("https://caucus.example/") && !answer.contains("evil.example"), "{answer}");
}

#[tokio::test]
async fn in_local_mode_every_name_of_this_machine_will_do_and_no_other() {
    let app = TestApp::start().await;
    for host in
        [app.app.urls.host(), "localhost:8080", "localhost", "127.0.0.1", "[::1]:80", "caucus.localhost", "b.test"]
    {
        assert_eq!(status(&app, "/about", &[host]).await.0, 200, "{host}");
    }
    for host in ["evil.example", "10.0.0.1", "localhost.evil.example", "127.0.0.1.nip.example"] {
        assert_eq!(status(&app, "/about", &[host]).await.0, 421, "{host}");
    }
}

#[tokio::test]
async fn on_https_every_cookie_is_bound_to_this_host() {
    let app = TestApp::in_public("https://caucus.example").await;
    app.set_up().await;

    let (_, page) = status(&app, "/sign-in", &["caucus.example"]).await;
    let cookie = set_cookies(&page).remove(0);
    let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = format!("form_token={token}&handle=ada&password={}", crate::support::world::PASSWORD.replace(' ', "+"));
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nHost: caucus.example\r\nOrigin: https://caucus.example\r\nCookie: __Host-caucus={value}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let (status, answer) = raw(&app.listens, request.as_bytes()).await;

    assert_eq!(status, 303, "{answer}");
    let set = set_cookies(&answer);
    assert_eq!(set.len(), 2, "{answer}");
    for cookie in set.iter().chain([&cookie]) {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for part in ["; Path=/;", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
    }
    assert!(answer.to_lowercase().contains("strict-transport-security: max-age="), "{answer}");
}

fn set_cookies(answer: &str) -> Vec<String> {
    let lines = answer.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value.to_owned()).collect()
}
