fn main() -> std::io::Result<()> {
    tonic_prost_build::configure()
        .build_client(false)
        .bytes(".")
        .compile_protos(&["protos/databroker.proto", "protos/bench.proto"], &["protos"])
}
