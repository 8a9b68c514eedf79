//! `astria-gateway ownership …` and `migrate`, as programs, beside a gateway that serves the same file.

use astria_gateway::clock::Clock;
use rusqlite::Connection;

use super::command::{Served, Site};
use super::harness::{Client, Process, tokens};

/// The file of a store, opened by somebody else.
pub fn neighbour(path: &std::path::Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    conn
}

/// Every value of every table, a row a line, with the table's name.
pub fn everything(conn: &Connection) -> String {
    let tables = texts(conn, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    let mut text = String::new();
    for table in tables {
        let columns = format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')");
        let columns = texts(conn, &columns).join("||' '||");
        for row in texts(conn, &format!("SELECT {columns} FROM {table}")) {
            text += &format!("{table} {row}\n");
        }
    }
    text
}

fn texts(conn: &Connection, question: &str) -> Vec<String> {
    let mut question = conn.prepare(question).unwrap();
    let texts = question.query_map([], |row| row.get(0)).unwrap();
    texts.collect::<Result<_, _>>().unwrap()
}

/// An end user of a site, by a token signed here.
pub fn user(site: &Site, served: &Served, name: &str) -> Client {
    served.with_token(&token(site, name))
}

pub fn token(site: &Site, name: &str) -> String {
    let claims = tokens::claims(Clock::system().now(), name, "pro");
    tokens::hs256(site.signing.as_bytes(), &claims)
}

/// Runs a command of several words on the configuration that the site has written.
pub async fn run(site: &Site, words: &[&str], more: &[&str]) -> (i32, String, String) {
    let file = site.path("config.toml");
    let arguments = [words, &["--config", file.to_str().unwrap()], more].concat();
    let process = Process::gateway(site.folder.path(), &arguments, &[]);
    process.never_prints([site.api_key.as_str(), &site.signing]).ended().await
}

async fn import(site: &Site, owner: &str, tunes: &str, more: &[&str]) -> (i32, String, String) {
    run(site, &["ownership", "import"], &[&["--owner", owner, "--tunes", tunes], more].concat()).await
}

#[tokio::test]
async fn adopted_tunes_are_their_owners_at_once_in_a_gateway_that_runs() {
    let site = Site::new().await;
    let served = site.serve(&site.config(), &[]).await;
    let (first, second) = (user(&site, &served, "first"), user(&site, &served, "second"));
    let tunes = site.mock.seed_tunes(2);
    let prompts = site.mock.seed_prompts(tunes[0], 301);
    let path = format!("/tunes/{}", tunes[0]);
    first.get(&path).await.problem(404, "not_found");

    let (code, said, errors) = import(&site, "first", &format!("{},{}", tunes[0], tunes[1]), &[]).await;

    assert_eq!(
        (code, said.as_str()),
        (
            0,
            format!(
                "tune {} with 301 prompts: 302 newly recorded\ntune {} with 0 prompts: 1 newly recorded\n",
                tunes[0], tunes[1]
            )
            .as_str()
        ),
        "{errors}"
    );
    let title = format!("seeded {}", tunes[0]);
    assert_eq!(first.get(&path).await.ok()["title"], title.as_str());
    second.get(&path).await.problem(404, "not_found");
    let listed = first.get(&format!("{path}/prompts?limit=120&offset=240")).await.ok();
    let listed: Vec<u64> = listed.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert_eq!(listed, prompts.iter().rev().skip(240).copied().collect::<Vec<_>>());
    let found = first.get(&format!("/tunes?title={}", title.replace(' ', "%20"))).await.ok();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["title"]), (1, &title.as_str().into()));
    assert_eq!(second.get("/tunes").await.ok(), serde_json::json!([]));

    // Again: nothing is new, and what came meanwhile is.
    site.mock.seed_prompts(tunes[0], 1);
    let (code, said, _) = import(&site, "first", &tunes[0].to_string(), &[]).await;
    assert_eq!((code, said), (0, format!("tune {} with 302 prompts: 1 newly recorded\n", tunes[0])));
}

#[tokio::test]
async fn iso_01_what_belongs_to_somebody_else_is_not_adopted_nor_anything_of_that_tune() {
    let site = Site::new().await;
    site.write("config.toml", &site.config());
    let tunes = site.mock.seed_tunes(2);
    assert_eq!(import(&site, "first", &tunes[0].to_string(), &[]).await.0, 0);
    let prompt = site.mock.seed_prompts(tunes[0], 1)[0];

    let (code, said, errors) = import(&site, "second", &format!("{},{}", tunes[0], tunes[1]), &[]).await;

    assert_eq!(code, 1);
    assert!(
        errors.contains(&format!("tune {}", tunes[0])) && errors.contains("another end user"),
        "{errors}"
    );
    assert_eq!(said, format!("tune {} with 0 prompts: 1 newly recorded\n", tunes[1]), "the others are");
    let show = async |id: u64| run(&site, &["ownership", "show"], &[&id.to_string()]).await.1;
    assert_eq!(show(prompt).await, format!("{prompt}: not recorded; end users get 404\n"));
    let shown = show(tunes[0]).await;
    for line in [
        format!("tune        {}\n", tunes[0]),
        "subject     first\n".to_owned(),
        "issuer      https://issuer.test\n".to_owned(),
        "account     ".to_owned(),
    ] {
        assert!(shown.contains(&line), "{shown}");
    }
    assert!(show(tunes[1]).await.contains("subject     second\n"));
}

#[tokio::test]
async fn an_import_that_cannot_be_ends_with_one_and_says_why() {
    let site = Site::new().await;
    site.write("config.toml", &site.config());
    let tune = site.mock.seed_tunes(1)[0].to_string();
    let cases: [(&str, &[&str], &str); 4] = [
        ("999", &[], "tune 999: "),
        (&tune, &["--issuer", "https://other.test"], "no issuer of that name"),
        (&tune, &["--tenant", "nobody"], "no account"),
        // One of everybody's is nobody's.
        (&super::harness::SHARED_TUNE.to_string(), &[], "shared"),
    ];
    for (tunes, more, why) in cases {
        let (code, said, errors) = import(&site, "first", tunes, more).await;
        assert_eq!((code, said.as_str()), (1, ""), "{tunes} {more:?} {errors}");
        assert!(errors.contains(why), "{tunes} {more:?}: {errors}");
    }
    let (_, nothing, _) = run(&site, &["ownership", "show"], &[&tune]).await;
    assert!(nothing.contains("not recorded"), "{nothing}");
}

#[tokio::test]
async fn migrate_prints_what_it_applied_and_then_nothing() {
    let site = Site::new().await;
    site.write("config.toml", &site.config());
    let (code, said, errors) = run(&site, &["migrate"], &[]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(said.starts_with("applied 0001_"), "{said}");
    assert_eq!(run(&site, &["migrate"], &[]).await.1, "nothing to do\n");
    let conn = neighbour(&site.path("gateway.db"));
    assert!(everything(&conn).contains("0001") || !said.is_empty());
}
