//! The house's floors: a module imports only what stands below it.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up; a name's own folder counts as one floor.
const FLOORS: &[&str] = &[
    // vocabulary: imports nothing of the crate but vocabulary
    "secret",
    "clock",
    "fingerprint",
    "money",
    "ids",
    "operation",
    "principal",
    "pseudonym",
    "trace",
    // domain: no axum, no HTTP status of ours
    "auth",
    "intake",
    "limits",
    "login",
    "ownership",
    "callback",
    "events",
    "notifications",
    "images",
    "params",
    "idempotency",
    "photo",
    "policy",
    "prices",
    "quota",
    "people",
    "sessions",
    "guests",
    "upstream",
    "objects",
    "packs",
    // configuration and adapters
    "config",
    "store",
    "telemetry",
    // the HTTP edge
    "headers",
    "reply",
    "problem",
    "plans",
    "accounts",
    "refresh",
    "streams",
    "cookies",
    "state",
    "lease",
    "abandoned",
    "erasure",
    "balance",
    "adopt",
    "operate",
    "call",
    "ask",
    "detach",
    "sign_in",
    "middleware",
    "spend",
    "handlers",
    "reconcile",
    "notify",
    "routes",
    "router",
    "contract",
    // the whole
    "serve",
    "stack",
    "gateway",
    "reload",
    "console",
    "demo",
    "cli",
    "main",
    "lib",
];

/// The part of [`FLOORS`] that is the domain.
fn domain() -> &'static [&'static str] {
    let floor = |name: &str| FLOORS.iter().position(|known| *known == name).unwrap();
    &FLOORS[floor("auth")..=floor("packs")]
}

fn sources() -> Vec<(PathBuf, String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found
        .into_iter()
        .map(|path| {
            let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
            let module = Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            (path, module, text)
        })
        .collect()
}

/// The modules that a file names as `crate::…`, braces included.
fn imports(text: &str) -> Vec<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let word = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(list) => {
                let list = list.split('}').next().unwrap_or_default();
                found.extend(list.split(',').map(|item| word(item.trim())));
            }
        }
    }
    found.retain(|name| FLOORS.contains(&name.as_str()));
    found
}

#[test]
fn a_module_imports_only_what_stands_below_it() {
    let floor = |name: &str| FLOORS.iter().position(|known| *known == name);
    for (path, module, text) in sources() {
        let own =
            floor(&module).unwrap_or_else(|| panic!("{}: give {module} a floor in FLOORS", path.display()));
        for import in imports(&text) {
            assert!(
                floor(&import) <= Some(own),
                "{}: {module} imports {import}; imports run downward only, so move what both need to a lower floor",
                path.display()
            );
        }
    }
}

#[test]
fn the_domain_knows_no_web_framework_and_no_status_of_ours() {
    for (path, module, text) in sources() {
        if domain().contains(&module.as_str()) {
            assert!(!text.contains("axum"), "{}: the domain knows nothing of axum", path.display());
            // These two read the status of somebody else's reply.
            let reads_replies = module == "upstream" || path.ends_with("auth/jwks_fetch.rs");
            let speaks_http = text.contains("StatusCode") && !reads_replies;
            assert!(!speaks_http, "{}: the domain knows no status of ours", path.display());
        }
    }
}

#[test]
fn only_one_file_reads_the_api_key() {
    for (path, _, text) in sources() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let reads = text.contains("key.expose()") && path.to_string_lossy().contains("upstream");
        assert!(
            !reads || name == "set_credential.rs",
            "{}: only set_credential.rs reads the key",
            path.display()
        );
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for (path, _, text) in sources() {
        let is_test = path.to_string_lossy().contains("test") || text.contains("#![cfg(test)]");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        assert!(is_test || code.lines().count() <= 400, "{}: split it by idea", path.display());
    }
}

#[test]
fn secrets_cannot_be_printed_compared_or_copied() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/secret.rs")).unwrap();
    for word in ["derive(", "impl Debug", "impl Display", "impl Clone", "impl Serialize", "impl fmt::"] {
        assert!(!text.contains(word), "a Secret must not have {word}");
    }
}
