//! `config.toml.example` is complete and true.

use std::collections::BTreeSet;

use astria_gateway::config::{
    Config, Environment, Issuer, LoginProvider, NotificationEndpoint, OperatorToken, Price, ServiceKey,
    Tenant, load_text,
};

const EXAMPLE: &str = include_str!("../../config.toml.example");

fn keys(table: &toml::Table, prefix: &str, found: &mut BTreeSet<String>) {
    for (name, value) in table {
        let path = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => {
                found.insert(path.clone());
                keys(inner, &format!("{path}."), found);
            }
            _ => {
                found.insert(path);
            }
        }
    }
}

#[test]
fn the_example_equals_the_defaults() {
    assert_eq!(load_text(EXAMPLE, &Environment::default()).unwrap(), Config::default());
}

#[test]
fn the_example_has_every_key_and_no_other() {
    let (mut in_example, mut in_defaults) = (BTreeSet::new(), BTreeSet::new());
    keys(&EXAMPLE.parse().unwrap(), "", &mut in_example);
    keys(&toml::Table::try_from(Config::default()).unwrap(), "", &mut in_defaults);
    assert_eq!(in_example, in_defaults);
}

#[test]
fn the_examples_issuer_equals_an_issuers_defaults() {
    let lines = EXAMPLE.lines().skip_while(|line| *line != "# [[auth.issuers]]").skip(1);
    let issuer: String =
        lines.take_while(|line| line.starts_with("# ")).map(|line| format!("{}\n", &line[2..])).collect();
    let shown: toml::Table = issuer.parse().unwrap();

    let read: Issuer = shown.clone().try_into().unwrap();

    let named =
        Issuer { issuer: read.issuer.clone(), audiences: read.audiences.clone(), ..Issuer::default() };
    assert_eq!(read, named);
    let all = toml::Table::try_from(Issuer::default()).unwrap();
    assert_eq!(shown.keys().collect::<BTreeSet<_>>(), all.keys().collect::<BTreeSet<_>>());
}

#[test]
fn the_examples_tables_of_tenants_service_keys_and_prices_have_every_key_and_no_other() {
    let shown = |head: &str| -> toml::Table {
        let lines = EXAMPLE.lines().skip_while(|line| *line != head).skip(1);
        let text: String =
            lines.take_while(|line| line.starts_with("# ")).map(|line| format!("{}\n", &line[2..])).collect();
        text.parse().unwrap()
    };
    let names = |table: &toml::Table| table.keys().cloned().collect::<BTreeSet<_>>();
    let of_key = toml::Table::try_from(ServiceKey::default()).unwrap();
    assert_eq!(names(&shown("# [[auth.service_keys]]")), names(&of_key));
    assert_eq!(shown("# [[prices]]"), toml::Table::try_from(Price::default()).unwrap());
    let of_token = toml::Table::try_from(OperatorToken::default()).unwrap();
    assert_eq!(names(&shown("# [[operator.tokens]]")), names(&of_token));
    assert_eq!(shown("# [tenants.acme]"), toml::Table::try_from(Tenant::default()).unwrap());
    let of_endpoint = toml::Table::try_from(NotificationEndpoint::default()).unwrap();
    assert_eq!(shown("# [notifications.endpoints.app]"), of_endpoint);
    let of_provider = toml::Table::try_from(LoginProvider::default()).unwrap();
    assert_eq!(shown("# [login.providers.keycloak]"), of_provider);
}

#[test]
fn every_key_of_the_example_is_explained() {
    let mut above = "";
    for line in EXAMPLE.lines() {
        let is_key = line.contains(" = ") && !line.starts_with('#');
        assert!(!is_key || above.starts_with('#'), "no comment above {line:?}");
        above = line;
    }
}

#[test]
fn a_comment_states_the_unit_of_every_number_with_one() {
    for (suffix, word) in
        [("_s = ", "econds"), ("_ms = ", "illiseconds"), ("_bytes = ", "ytes"), ("_mc = ", "illicents")]
    {
        let mut comment = String::new();
        for line in EXAMPLE.lines() {
            if line.starts_with('#') {
                comment.push_str(line);
            } else {
                let keyed = line.contains(suffix) && !line.contains("per_s");
                assert!(!keyed || comment.contains(word), "the unit of {line:?} is not said");
                comment.clear();
            }
        }
    }
}
