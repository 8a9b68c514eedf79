//! Writes lines of usage as JSON, JSON lines or CSV, part after part.
//!
//! CSV is as RFC 4180 has it. A subject is whatever a token says, and a spreadsheet takes a cell that begins with `=`, `+`,
//! `-` or `@` for a formula: such a text gets a `'` before it.
//! Source: <https://owasp.org/www-community/attacks/CSV_Injection> (read 2026-11-21).

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::period::date_of_day;
use super::usage::{By, UsageRow};
use super::{PeopleError, usage};
use crate::quota::{Amounts, Measure};

/// How usage is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object with a list.
    Json,
    /// Lines of JSON.
    JsonLines,
    /// A header line, then lines.
    Csv,
}

impl Format {
    /// Reads `json`, `jsonl` or `csv`.
    ///
    /// # Errors
    /// [`PeopleError::Word`]
    pub fn parse(text: &str) -> Result<Self, PeopleError> {
        match text {
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            _ => Err(PeopleError::Word("format", "json, jsonl or csv")),
        }
    }
}

/// Writes one table.
pub struct Table {
    format: Format,
    by: By,
    has_rows: bool,
}

impl Table {
    /// An empty one.
    pub const fn new(format: Format, by: By) -> Self {
        Self { format, by, has_rows: false }
    }

    /// What stands before the first line.
    pub fn head(&self) -> String {
        match self.format {
            Format::Json => "{\"usage\":[".into(),
            Format::JsonLines => String::new(),
            Format::Csv => {
                let mut names: Vec<String> = Vec::new();
                let mut add = |names_of: &[&str]| names.extend(names_of.iter().map(|&name| name.to_owned()));
                if self.by.day {
                    add(&["day"]);
                }
                if self.by.operation {
                    add(&["operation"]);
                }
                if self.by.user {
                    add(&["issuer", "subject", "pseudonym"]);
                }
                add(&["creates"]);
                for kind in ["used", "held"] {
                    names.extend(Measure::ALL.iter().map(|of| format!("{kind}_{}", of.name())));
                }
                names.join(",") + "\r\n"
            }
        }
    }

    /// Some lines.
    pub fn rows(&mut self, rows: &[UsageRow]) -> String {
        let mut text = String::with_capacity(rows.len() * 160);
        for row in rows {
            match self.format {
                Format::Json => {
                    text.push_str(if self.has_rows { ",\n" } else { "" });
                    // Writing into a String cannot fail.
                    let _ = write!(text, "{}", as_json(row));
                }
                Format::JsonLines => {
                    let _ = writeln!(text, "{}", as_json(row));
                }
                Format::Csv => text.push_str(&as_csv(self.by, row)),
            }
            self.has_rows = true;
        }
        text
    }

    /// What stands after the last line.
    pub const fn end(&self) -> &'static str {
        match self.format {
            Format::Json => "]}\n",
            Format::JsonLines | Format::Csv => "",
        }
    }
}

fn as_json(row: &UsageRow) -> Json {
    let mut line = Map::new();
    let mut add = |name: &str, value: Json| drop(line.insert(name.into(), value));
    if let Some(day) = row.day {
        add("day", json!(shown_day(day)));
    }
    if let Some(operation) = &row.operation {
        add("operation", json!(operation));
    }
    if let Some(usage::Used { pseudonym, id }) = &row.person {
        add("issuer", json!(id.as_ref().map(|id| &*id.issuer)));
        add("subject", json!(id.as_ref().map(|id| &*id.subject)));
        add("pseudonym", json!(pseudonym));
    }
    add("creates", json!(row.creates));
    add("used", amounts(&row.used));
    add("held", amounts(&row.held));
    Json::Object(line)
}

/// Every measure by its name.
fn amounts(amounts: &Amounts) -> Json {
    Measure::ALL.into_iter().map(|of| (of.name().to_owned(), json!(amounts.get(of)))).collect()
}

fn shown_day(day: u32) -> String {
    date_of_day(day).map_or_else(|| day.to_string(), |date| date.to_string())
}

fn as_csv(by: By, row: &UsageRow) -> String {
    let mut cells: Vec<String> = Vec::new();
    if by.day {
        cells.push(row.day.map(shown_day).unwrap_or_default());
    }
    if by.operation {
        cells.push(cell(row.operation.as_deref().unwrap_or_default()));
    }
    if by.user {
        let person = row.person.as_ref();
        let id = person.and_then(|person| person.id.as_ref());
        cells.push(cell(id.map_or("", |id| &id.issuer)));
        cells.push(cell(id.map_or("", |id| &id.subject)));
        cells.push(cell(person.map_or("", |person| &person.pseudonym)));
    }
    cells.push(row.creates.to_string());
    for amounts in [&row.used, &row.held] {
        cells.extend(Measure::ALL.iter().map(|of| amounts.get(*of).to_string()));
    }
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let is_formula = text
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::usage::Used;
    use super::*;
    use crate::principal::EndUserId;

    fn row(subject: &str) -> UsageRow {
        let id = EndUserId { issuer: "https://i".into(), subject: subject.into() };
        UsageRow {
            day: Some(20_261_121),
            operation: Some("create_prompt".into()),
            person: Some(Used { pseudonym: "f00".into(), id: Some(id) }),
            creates: 2,
            used: Amounts::none().with(Measure::Images, 3),
            held: Amounts::none().with(Measure::Prompts, 1),
        }
    }

    const ALL: By = By { day: true, operation: true, user: true };

    fn written(format: Format, by: By, rows: &[UsageRow]) -> String {
        let mut table = Table::new(format, by);
        let mut text = table.head();
        for row in rows {
            text.push_str(&table.rows(std::slice::from_ref(row)));
        }
        text + table.end()
    }

    #[test]
    fn csv_has_a_header_and_one_line_for_each_row() {
        let text = written(Format::Csv, ALL, &[row("a")]);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(
            lines[0].starts_with("day,operation,issuer,subject,pseudonym,creates,used_images,used_tunes,")
        );
        assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
        assert_eq!(lines[1], "2026-11-21,create_prompt,https://i,a,f00,2,3,0,0,0,0,0,0,0,0,0,0,1");
        assert_eq!((lines[2], lines.len()), ("", 3));
    }

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_line() {
        for (subject, shown) in [
            ("=1+1", "'=1+1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("\ta", "'\ta"),
            ("\u{ff1d}a", "'\u{ff1d}a"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=\",\"", "\"'=\"\",\"\"\""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(subject), shown);
            let text = written(Format::Csv, ALL, &[row(subject)]);
            assert!(text.contains(&format!(",{shown},f00,")), "{text}");
        }
    }

    #[test]
    fn json_is_whole_however_it_was_written() {
        let whole = written(Format::Json, ALL, &[row("a"), row("b")]);
        let read: Json = serde_json::from_str(&whole).unwrap();
        assert_eq!(read["usage"][1]["subject"], "b");
        assert_eq!(
            (&read["usage"][0]["used"]["images"], &read["usage"][0]["held"]["prompts"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(written(Format::Json, ALL, &[]), "{\"usage\":[]}\n");
        let lines = written(Format::JsonLines, ALL, &[row("a"), row("b")]);
        let days: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((days.len(), &days[0]["day"]), (2, &json!("2026-11-21")));
    }
}
