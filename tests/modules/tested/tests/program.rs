//! A program of its own.
// rkmbuild: params label=from_the_program

fn main() {
    let module = std::env::var("RKMBUILD_MODULE").expect("the tool says which module");
    let label = std::fs::read_to_string(format!("/sys/module/{module}/parameters/label"));
    assert_eq!(label.unwrap().trim(), "from_the_program");
}
