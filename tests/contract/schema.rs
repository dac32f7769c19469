//! The published schemas, and a validator that is not ours.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// One schema, ready to validate.
pub struct Published {
    pub root: Value,
    schemas: Schemas,
    index: SchemaIndex,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas")
}

/// Of all in the folder.
pub fn names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        files.map(|file| file.strip_suffix(".schema.json").expect("a schema").to_owned()).collect()
    })
}

impl Published {
    pub fn of(name: &str) -> Self {
        let text = fs::read_to_string(folder().join(format!("{name}.schema.json"))).unwrap();
        let root: Value = serde_json::from_str(&text).unwrap();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        let location = "https://example.edu/schema.json";
        compiler.add_resource(location, root.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let index = compiler.compile(location, &mut schemas).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        Self { root, schemas, index }
    }

    /// What of the document is not as the schema says.
    pub fn violations(&self, document: &Value) -> Vec<String> {
        self.schemas.validate(document, self.index).err().map(|error| format!("{error:#}")).into_iter().collect()
    }
}
