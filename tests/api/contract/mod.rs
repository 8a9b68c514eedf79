//! The published contract: it says what the gateway does, no less and no more.

mod limits;
mod objects;
mod problems;
mod replies;
mod routes;
mod schema;
mod served;

use astria_gateway::config::Config;
use astria_gateway::contract::document;
use serde_json::Value;

/// A document, to be asked.
pub struct Contract(Value);

/// One operation of it.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    pub path: &'a str,
    /// In capitals.
    pub method: &'a str,
    pub says: &'a Value,
}

const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

impl Contract {
    pub fn of(config: &Config) -> Self {
        Self(document(config))
    }

    /// With the defaults.
    pub fn usual() -> Self {
        Self::of(&Config::default())
    }

    pub fn whole(&self) -> &Value {
        &self.0
    }

    /// What a `$ref` leads to; anything else as it is.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            None => value,
            Some(reference) => {
                let pointer = reference.strip_prefix('#').unwrap();
                self.resolve(self.0.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere")))
            }
        }
    }

    pub fn operations(&self) -> Vec<Listed<'_>> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (member, method) in METHODS {
                all.extend(item.get(member).map(|says| Listed { path, method, says }));
            }
        }
        all
    }

    pub fn named(&self, id: &str) -> Listed<'_> {
        let found = self.operations().into_iter().find(|listed| listed.id() == id);
        found.unwrap_or_else(|| panic!("no operation is called {id}"))
    }

    /// What the document says of an answer, if it says anything.
    pub fn response<'a>(&'a self, listed: Listed<'a>, status: u16) -> Option<&'a Value> {
        listed.says["responses"].get(status.to_string()).map(|response| self.resolve(response))
    }

    /// Names of a component's members.
    pub fn names(&self, component: &str) -> Vec<&str> {
        self.0["components"][component].as_object().unwrap().keys().map(String::as_str).collect()
    }

    pub fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }
}

impl<'a> Listed<'a> {
    pub fn id(self) -> &'a str {
        self.says["operationId"].as_str().unwrap()
    }
}

/// The words of a list of texts.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
