use serde_json::{Value, json};

use super::*;

fn rendered(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.render(&RequestId::generate())).unwrap()
}

#[test]
fn a_relayed_422_keeps_the_upstreams_members_at_top_level() {
    let errors = vec![
        ("text".to_owned(), vec!["can't be blank".to_owned()]),
        ("title".to_owned(), vec!["is taken".to_owned()]),
    ];
    let body = rendered(&Problem::new(Code::ValidationFailed, "Mend it.").with_errors(errors));
    assert_eq!(body["text"], json!(["can't be blank"]));
    assert_eq!(body["title"], "Some fields are not valid", "a member of RFC 9457 is not overwritten");
    assert_eq!(body["errors"]["title"], json!(["is taken"]));
    assert_eq!(body["error"], "text can't be blank; title is taken");
    assert_eq!(body["base"], json!(["Mend it."]));
}

#[test]
fn the_upstreams_error_text_reaches_the_client_where_it_looks_for_it() {
    let errors = vec![("error".to_owned(), vec!["Tune is not ready".to_owned()])];
    let body = rendered(&Problem::new(Code::ValidationFailed, "Mend it.").with_errors(errors));
    assert_eq!(body["error"], "Tune is not ready");
    assert_eq!(body["base"], json!(["Tune is not ready"]));
}

#[test]
fn every_code_is_explained_in_the_documentation() {
    let page = include_str!("../../docs/errors.md");
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.name(), code.status().as_u16());
        assert!(page.contains(&row), "docs/errors.md lacks {row}");
    }
    let documented = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(documented, Code::ALL.len(), "docs/errors.md explains a code that does not exist");
}
