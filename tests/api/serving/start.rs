//! What the process is given: sockets of the service manager, and a limit of open files.

use std::process::Command;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{get, reply_head};
use crate::harness::Process;

/// A configuration that needs no upstream to start.
fn configured(folder: &TempDir, more: &str) -> Command {
    let secret = folder.path().join("hs256.secret");
    std::fs::write(&secret, "x".repeat(32)).unwrap();
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n{more}\n[operator]\nlisten = \"127.0.0.1:0\"\n\
         [upstream]\nbase_url = \"http://127.0.0.1:9\"\n\
         [[auth.issuers]]\nissuer = \"https://a.test\"\naudiences = [\"a\"]\nhs256_secret_file = {:?}\n",
        secret.to_str().unwrap()
    );
    let file = folder.path().join("config.toml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new("sh");
    // The shell sets what only a process can set for itself, and becomes the gateway.
    command.args(["-c", "ulimit -n ${FILES:-1024} && exec \"$0\" serve --config \"$1\""]);
    command.arg(env!("CARGO_BIN_EXE_astria-gateway")).arg(&file);
    // Its database lies in the working directory.
    command.current_dir(folder.path());
    command.env_clear().env("ASTRIA_API_KEY", "sd_test").env("TMPDIR", folder.path());
    command
}

async fn address(process: &mut Process) -> String {
    let ready = process.error_line(|line| line.contains("ready")).await;
    let (_, rest) = ready.split_once(" listen=").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn f29_without_file_descriptors_it_neither_spins_nor_dies() {
    let folder = TempDir::new().unwrap();
    let mut command = configured(&folder, "max_connections = 1000");
    let mut process = Process::start({
        command.env("FILES", "60");
        command
    })
    .unwrap();
    process.error_line(|line| line.contains("limit of open files")).await;
    let address = address(&mut process).await;
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(&address).await.unwrap());
    }
    process.error_line(|line| line.contains("connections cannot be accepted")).await;
    let before = cpu_ticks(process.id());
    // A second of standing at the limit, by the kernel's clock and not by ours.
    let mut late = TcpStream::connect(&address).await.unwrap();
    late.write_all(get("/healthz", "").as_bytes()).await.unwrap();
    assert!(tokio::time::timeout(std::time::Duration::from_secs(1), late.readable()).await.is_err());
    let spent = cpu_ticks(process.id()) - before;
    assert!(spent < 30, "{spent} of about 100 ticks were spent");

    drop(held);

    assert!(reply_head(&mut late).await.starts_with("HTTP/1.1 200 "));
    process.terminate();
    let (code, _, errors) = process.ended().await;
    assert_eq!(code, 0, "{errors}");
    assert!(errors.matches("connections cannot be accepted").count() <= 2, "{errors}");
}

/// Hundredths of a second in user and kernel.
fn cpu_ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn a_socket_of_the_service_manager_is_used_by_its_name() {
    let folder = TempDir::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let given = listener.local_addr().unwrap().to_string();
    // Inherited by the child: what the service manager does.
    rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::empty()).unwrap();
    let first = std::os::fd::AsRawFd::as_raw_fd(&listener).to_string();
    let mut command = configured(&folder, "");
    command.env("LISTEN_FDS", "1").env("LISTEN_FDS_FIRST_FD", first).env("LISTEN_FDNAMES", "public");
    // A connection that came before the gateway did waits for it.
    let mut early = TcpStream::connect(&given).await.unwrap();
    early.write_all(get("/healthz", "").as_bytes()).await.unwrap();

    let mut process = Process::start(command).unwrap();

    assert_eq!(address(&mut process).await, given);
    assert!(reply_head(&mut early).await.starts_with("HTTP/1.1 200 "));
    drop(early);
    process.terminate();
    assert_eq!(process.ended().await.0, 0);
}
