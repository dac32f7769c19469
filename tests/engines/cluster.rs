//! Slurm on this machine: Debian's munge, controller and one node, in a folder of its own, with ports and a key of its own. All of it ends
//! with the test that started it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Tasks that the node runs side by side, whatever the machine has.
const PROCESSORS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Cluster {
    folder: PathBuf,
    munge: Option<Child>,
    controller: Option<Child>,
    node: Option<Child>,
}

impl Cluster {
    /// Starts one below the folder, and waits until its node takes jobs.
    pub fn start(folder: &Path) -> Self {
        let folder = folder.join("slurm");
        for name in ["state", "spool", "run", "log"] {
            std::fs::create_dir_all(folder.join(name)).expect("the folder takes folders");
        }
        let mut cluster = Self { folder, munge: None, controller: None, node: None };
        cluster.start_munge();
        cluster.configure();
        let configuration = cluster.file("slurm.conf");
        cluster.controller = Some(cluster.spawn("slurmctld", &["-D", "-f", &configuration]));
        cluster.node = Some(cluster.spawn("slurmd", &["-D", "-f", &configuration]));
        cluster.wait("an idle node", |cluster| cluster.output("sinfo", &["-h", "-o", "%T"]).trim() == "idle");
        cluster
    }

    fn start_munge(&mut self) {
        use std::os::unix::fs::PermissionsExt;
        let key: Vec<u8> = (0..1024_u32).map(|n| (n * 37 % 251) as u8).collect();
        std::fs::write(self.file("munge.key"), key).expect("the folder takes files");
        std::fs::set_permissions(self.file("munge.key"), PermissionsExt::from_mode(0o600)).expect("it is ours");
        let option = |name: &str, file: &str| format!("--{name}={}", self.file(file));
        let options = [
            "--foreground".to_owned(),
            // Of the folder's own permissions: it belongs to the test alone.
            "--force".to_owned(),
            option("key-file", "munge.key"),
            option("socket", "run/munge"),
            option("pid-file", "run/munge.pid"),
            option("seed-file", "run/munge.seed"),
            option("log-file", "log/munge"),
        ];
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        self.munge = Some(self.spawn("munged", &options));
        self.wait("munge's socket", |cluster| Path::new(&cluster.file("run/munge")).exists());
    }

    fn configure(&self) {
        let host = output(&mut Command::new("hostname"));
        let user = output(Command::new("id").arg("-un"));
        let (host, user) = (host.trim(), user.trim());
        let [controller, node] = free_ports();
        let folder = self.folder.display();
        let text = format!(
            "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={controller}\nSlurmdPort={node}\n\
             SlurmUser={user}\nSlurmdUser={user}\n\
             AuthType=auth/munge\nAuthInfo=socket={folder}/run/munge,cred_expire=5\nCredType=cred/munge\n\
             StateSaveLocation={folder}/state\nSlurmdSpoolDir={folder}/spool\n\
             SlurmctldPidFile={folder}/run/controller.pid\nSlurmdPidFile={folder}/run/node.pid\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSwitchType=switch/none\nMpiDefault=none\n\
             JobAcctGatherType=jobacct_gather/none\nAccountingStorageType=accounting_storage/none\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
             SchedulerParameters=batch_sched_delay=0,sched_interval=1\nJobRequeue=1\nSlurmdParameters=config_overrides\n\
             NodeName={host} NodeAddr=127.0.0.1 CPUs={PROCESSORS} Boards=1 SocketsPerBoard=1 CoresPerSocket={PROCESSORS} \
             ThreadsPerCore=1 RealMemory=1000\nPartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP\n"
        );
        std::fs::write(self.file("slurm.conf"), text).expect("the folder takes files");
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn spawn(&self, program: &str, arguments: &[&str]) -> Child {
        let log = std::fs::File::create(self.folder.join("log").join(format!("{program}.out"))).expect("a log");
        let both = log.try_clone().expect("a log");
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.file("slurm.conf"));
        command.stdin(Stdio::null()).stdout(log).stderr(both);
        command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; `bash tests/setup` installs Slurm"))
    }

    /// A command of Slurm's for this cluster.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.file("slurm.conf"));
        command
    }

    /// What a command of Slurm's prints; empty where it fails, as all of them do until the controller answers.
    pub fn output(&self, program: &str, arguments: &[&str]) -> String {
        output(&mut self.command(program, arguments))
    }

    /// The tasks of an array: state and exit code of each, by index.
    pub fn tasks(&self, job: &str) -> Vec<(u32, String, String)> {
        let text = self.output("scontrol", &["--oneliner", "show", "job", job]);
        let value = |line: &str, key: &str| {
            line.split_whitespace().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=').map(str::to_owned))
        };
        let task = |line: &str| {
            let index = value(line, "ArrayTaskId")?.parse().ok()?;
            Some((index, value(line, "JobState")?, value(line, "ExitCode")?))
        };
        let mut tasks: Vec<_> = text.lines().filter_map(task).collect();
        tasks.sort();
        tasks
    }

    /// Waits until something is so.
    #[track_caller]
    pub fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(
                start.elapsed() < PATIENCE,
                "{what} did not come\n{}\n{}",
                self.output("scontrol", &["show", "job"]),
                self.logs()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn logs(&self) -> String {
        let files = std::fs::read_dir(self.folder.join("log")).expect("logs");
        let files = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        files.map(|text| text.lines().rev().take(15).collect::<Vec<_>>().join("\n")).collect::<Vec<_>>().join("\n--\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Jobs that still run end with the node that they are on.
        let _ = self.command("scancel", &["--full", "--state=RUNNING"]).output();
        for child in [&mut self.node, &mut self.controller, &mut self.munge].into_iter().filter_map(Option::as_mut) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn output(command: &mut Command) -> String {
    let Output { status, stdout, .. } = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{error}"));
    if status.success() { String::from_utf8_lossy(&stdout).into_owned() } else { String::new() }
}

/// Ports that nobody listens on, below those that the system hands out by itself.
fn free_ports() -> [u16; 2] {
    let mut free = (16_817..17_817).step_by(2).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    [(); 2].map(|()| free.next().expect("a port"))
}
