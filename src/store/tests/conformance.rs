//! The suite of `ownership`, in memory and in a file.

mod in_memory {
    use std::sync::Arc;

    use crate::ownership::conformance::{Made, ownership_conformance};
    use crate::store::tests::{in_memory, open};

    async fn make() -> Made {
        (Arc::new(open(&in_memory()).await), Box::new(()))
    }

    ownership_conformance!(make);
}

mod in_a_file {
    use std::sync::Arc;

    use crate::ownership::conformance::{Made, ownership_conformance};
    use crate::store::tests::{in_folder, open};

    async fn make() -> Made {
        let folder = tempfile::tempdir().unwrap();
        (Arc::new(open(&in_folder(&folder)).await), Box::new(folder))
    }

    ownership_conformance!(make);
}
