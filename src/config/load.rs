//! Reads the file and the environment into a [`Config`], and finds every error in one go.
//!
//! serde stops at its first error, so each key is first tried alone, with everything else at its default:
//! the errors that come back are all errors, each with its key's path.

use std::path::Path;

use toml::{Table, Value};

use super::secrets::{Secrets, load_secrets};
use super::{Config, ConfigError, presets, validate};

const PREFIX: &str = "ASTRIA_GATEWAY__";

/// The process's environment, or a test's.
#[derive(Clone, Debug, Default)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// What the process was started with; names and values that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        )
    }

    /// Exactly these variables.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    /// The value of a variable that is set and not empty.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, v)| k == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
}

/// Reads the file (or none: defaults only) and the environment.
///
/// # Errors
/// Everything that is wrong, each with its key: unreadable file, TOML syntax, unknown keys, values of the
/// wrong type, values that make no sense together.
pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Config, Vec<ConfigError>> {
    load_text(&read(file)?, environment)
}

/// The same, and all secrets that the config names: what is wrong with either comes at once.
///
/// # Errors
/// As [`load`] and [`load_secrets`].
pub fn load_with_secrets(
    file: Option<&Path>,
    environment: &Environment,
) -> Result<(Config, Secrets), Vec<ConfigError>> {
    let (config, mut errors) = parse(&read(file)?, environment)?;
    match load_secrets(&config, environment) {
        Ok(secrets) if errors.is_empty() => return Ok((config, secrets)),
        Ok(_) => {}
        Err(more) => errors.extend(more),
    }
    Err(errors)
}

fn read(file: Option<&Path>) -> Result<String, Vec<ConfigError>> {
    file.map_or(Ok(String::new()), |path| {
        std::fs::read_to_string(path)
            .map_err(|error| vec![ConfigError::new(path.display().to_string(), error.to_string())])
    })
}

/// The same from text that was read already.
///
/// # Errors
/// As [`load`].
pub fn load_text(text: &str, environment: &Environment) -> Result<Config, Vec<ConfigError>> {
    let (config, errors) = parse(text, environment)?;
    if errors.is_empty() { Ok(config) } else { Err(errors) }
}

/// The config that the good keys make, and what is wrong with the others.
fn parse(text: &str, environment: &Environment) -> Result<(Config, Vec<ConfigError>), Vec<ConfigError>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map_or(0, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        vec![ConfigError::new(format!("line {line}"), error.message().to_owned())]
    })?;
    let mut sorted = Sorted::default();
    sorted.sort_table(&mut Vec::new(), &table);
    sorted.sort_environment(environment);
    let Sorted { mut good, mut errors } = sorted;
    presets::fill_in(&mut good);
    match Value::Table(good).try_into::<Config>() {
        Err(error) => {
            errors.push(ConfigError::new("config", error.message().to_owned()));
            Err(errors)
        }
        Ok(config) => {
            validate::check(&config, &mut errors);
            Ok((config, errors))
        }
    }
}

/// The keys that are fine, and what is wrong with the others.
#[derive(Default)]
struct Sorted {
    good: Table,
    errors: Vec<ConfigError>,
}

impl Sorted {
    fn sort_table(&mut self, path: &mut Vec<String>, table: &Table) {
        for (key, value) in table {
            path.push(key.clone());
            match value {
                Value::Table(inner) if !inner.is_empty() && !is_rate(path) => self.sort_table(path, inner),
                Value::Array(tables) if is_list_of_tables(path) => self.sort_tables(path, tables),
                leaf => self.sort_leaf(path, leaf, &path.join(".")),
            }
            path.pop();
        }
    }

    fn sort_leaf(&mut self, path: &[String], leaf: &Value, name: &str) {
        match Value::Table(nest(path, leaf.clone())).try_into::<Config>() {
            Ok(_) => merge(&mut self.good, path, leaf.clone()),
            Err(error) => self.errors.push(ConfigError::new(name, error.message().trim().to_owned())),
        }
    }

    fn sort_tables(&mut self, path: &[String], tables: &[Value]) {
        let mut good = Vec::new();
        for (i, table) in tables.iter().enumerate() {
            let name = format!("{}[{i}]", path.join("."));
            let Value::Table(table) = table else {
                self.errors.push(ConfigError::new(name, "must be a table"));
                continue;
            };
            let mut kept = Table::new();
            for (key, value) in table {
                let alone =
                    Value::Array(vec![Value::Table(Table::from_iter([(key.clone(), value.clone())]))]);
                match Value::Table(nest(path, alone)).try_into::<Config>() {
                    Ok(_) => drop(kept.insert(key.clone(), value.clone())),
                    Err(error) => {
                        self.errors.push(ConfigError::new(
                            format!("{name}.{key}"),
                            error.message().trim().to_owned(),
                        ));
                    }
                }
            }
            good.push(Value::Table(kept));
        }
        merge(&mut self.good, path, Value::Array(good));
    }

    /// `ASTRIA_GATEWAY__SERVER__LISTEN` sets `server.listen`; the value is TOML, or plain text.
    fn sort_environment(&mut self, environment: &Environment) {
        let short = [("ASTRIA_BASE_URL", "base_url"), ("WORKSPACE_ID", "workspace_id")];
        for (variable, key) in short {
            if let Some(text) = environment.find(variable) {
                self.sort_leaf(&["upstream".into(), key.into()], &Value::String(text.to_owned()), variable);
            }
        }
        for (variable, alias) in [("GEMINI_TUNE_ID", "gemini"), ("SEEDREAM_TUNE_ID", "seedream")] {
            if let Some(text) = environment.find(variable) {
                let value = text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer);
                self.sort_leaf(&["upstream".into(), "models".into(), alias.into()], &value, variable);
            }
        }
        for (variable, text) in &environment.0 {
            let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
            let path: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
            let plain = Value::String(text.clone());
            let typed = format!("v = {text}").parse::<Table>().ok().and_then(|mut t| t.remove("v"));
            let fits = |value: &Value| Value::Table(nest(&path, value.clone())).try_into::<Config>().is_ok();
            let value = typed.filter(|value| fits(value) || !fits(&plain)).unwrap_or(plain);
            self.sort_leaf(&path, &value, variable);
        }
    }
}

/// Lists of which each key of each table is tried alone.
fn is_list_of_tables(path: &[String]) -> bool {
    match path {
        [prices] => prices == "prices",
        [section, list] => {
            matches!(
                (section.as_str(), list.as_str()),
                ("auth", "issuers" | "service_keys") | ("operator", "tokens")
            )
        }
        _ => false,
    }
}

/// The two figures of `plans.<name>.limits.<operation>` are tried together: neither stands alone.
fn is_rate(path: &[String]) -> bool {
    matches!(path, [plans, _, limits, _] if plans == "plans" && limits == "limits")
}

fn nest(path: &[String], leaf: Value) -> Table {
    let mut table = Table::new();
    merge(&mut table, path, leaf);
    table
}

fn merge(table: &mut Table, path: &[String], leaf: Value) {
    match path {
        [] => {}
        [last] => drop(table.insert(last.clone(), leaf)),
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                merge(inner, rest, leaf);
            }
        }
    }
}
