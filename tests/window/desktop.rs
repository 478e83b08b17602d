//! A desktop of its own for one test: an X server, a window manager, a session bus; hands, eyes, and a screen reader.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gtk::gio::{self, DBusConnection};
use gtk::glib::{self, MainContext};

use crate::accessibility::{Accessibility, Part, connect};
use crate::services::Services;
use crate::support::{Program, end, msg};

/// How long anything may take before a test fails: long, because a loaded machine is slow.
pub const TIMEOUT: Duration = Duration::from_secs(60);

const STILL: &str = "[Settings]\ngtk-cursor-blink=false\ngtk-enable-animations=false\n";

/// A desktop that ends with its test.
pub struct Desktop {
    context: MainContext,
    home: PathBuf,
    pictures: PathBuf,
    taken: Cell<u32>,
    display: String,
    bus_address: String,
    pub services: Services,
    accessibility: Accessibility,
    _events: gio::SignalSubscription,
    // Ended in this order.
    _manager: Kept,
    _bus: Kept,
    _screen: Kept,
}

/// A program in the background, which ends with the desktop.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

/// A program that ends with the test, even if the test is killed.
fn service(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Runs a test on a desktop whose pictures go to `target/tmp/window/<name>`.
pub fn on_a_desktop(name: &str, test: impl FnOnce(&Desktop)) {
    let context = MainContext::new();
    let inner = context.clone();
    context
        .with_thread_default(move || test(&Desktop::start(name, inner)))
        .expect("nobody else has this context");
}

impl Desktop {
    fn start(name: &str, context: MainContext) -> Desktop {
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("window")
            .join(name);
        // Those of the last run, if there are any.
        drop(fs::remove_dir_all(&pictures));
        fs::create_dir_all(&pictures).expect("the target folder can be written");
        let home = scratch();
        // A caret that blinks makes each picture another.
        let settings = home.join(".config/gtk-4.0");
        fs::create_dir_all(&settings).expect("a home of our own");
        fs::write(settings.join("settings.ini"), STILL).expect("a home of our own");

        let mut screen = Kept(
            service("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    "1700x900x24",
                    "-nolisten",
                    "tcp",
                    "-noreset",
                ])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("xvfb is installed"),
        );
        let display = format!(":{}", first_line(&mut screen.0));
        let mut bus = Kept(
            service("dbus-daemon")
                .args(["--session", "--nofork", "--print-address=1"])
                .env("DISPLAY", &display)
                .env("HOME", &home)
                .env("XDG_RUNTIME_DIR", &home)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("dbus is installed"),
        );
        let bus_address = first_line(&mut bus.0);
        let session = connect(&bus_address);
        let services = Services::offer(&session);
        let accessibility = Accessibility::of(&session);
        let events = wake_at_events(accessibility.bus());
        let manager = Kept(
            service("openbox")
                .arg("--sm-disable")
                .env("DISPLAY", &display)
                .env("HOME", &home)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("openbox is installed"),
        );
        let desktop = Desktop {
            context,
            home,
            pictures,
            taken: Cell::new(0),
            display,
            bus_address,
            services,
            accessibility,
            _events: events,
            _manager: manager,
            _bus: bus,
            _screen: screen,
        };
        desktop.wait_for("the window manager", || {
            let (_, output) = desktop.run("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]);
            output.contains("window id").then_some(())
        });
        // So that accents are keys.
        desktop.run("setxkbmap", &["fr"]);
        desktop
    }

    /// A program on this desktop, and nowhere else.
    pub fn place(&self, mut command: Command) -> Command {
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address)
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", &self.home)
            .env("LANG", "C.UTF-8")
            .env("GDK_BACKEND", "x11")
            .env("GSK_RENDERER", "cairo");
        for variable in [
            "WAYLAND_DISPLAY",
            "GTK_THEME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "XDG_CURRENT_DESKTOP",
        ] {
            command.env_remove(variable);
        }
        command
    }

    /// Adds a setting of GTK's, for the programs that start from now on.
    pub fn configure(&self, setting: &str) {
        let file = self.home.join(".config/gtk-4.0/settings.ini");
        fs::write(file, format!("{STILL}{setting}\n")).expect("a home of our own");
    }

    /// The folder that programs here have for a home.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Starts `msg` with these arguments, and waits for its window of that title.
    pub fn open(&self, arguments: &[&str], title: &str) -> Window<'_> {
        let mut command = msg();
        command.args(arguments);
        let program = Program::start(&mut self.place(command));
        self.wait_for_window(program, title)
    }

    /// Waits for a program's window of that title.
    pub fn wait_for_window(&self, program: Program, title: &str) -> Window<'_> {
        let part = self.wait_for(&format!("the window « {title} »"), || {
            let windows = self.accessibility.windows();
            windows.into_iter().find(|window| window.name() == title)
        });
        let id = self.wait_for("its place on the screen", || {
            let id = program.id().to_string();
            let search = [
                "search",
                "--all",
                "--onlyvisible",
                "--pid",
                &id,
                "--name",
                ".",
            ];
            let (found, output) = self.run("xdotool", &search);
            found.then(|| output.trim().to_owned())
        });
        Window {
            desktop: self,
            program,
            part,
            id,
        }
    }

    /// Every window of every program here.
    pub fn windows(&self) -> Vec<Part> {
        self.accessibility.windows()
    }

    /// Asks again whenever a program shows something new, until there is an answer.
    pub fn wait_for<T>(&self, what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(answer) = answer() {
                return answer;
            }
            if Instant::now() > deadline {
                self.photograph("what-there-was-instead");
                let windows = self.accessibility.windows();
                let trees: String = windows.iter().map(Part::tree).collect();
                panic!("waited for {what}; there is only\n{trees}");
            }
            self.pause();
        }
    }

    /// Waits for an event of any program, for a moment at most: not all that changes is one.
    fn pause(&self) {
        let moment = glib::timeout_source_new(
            Duration::from_millis(50),
            None,
            glib::Priority::DEFAULT,
            || glib::ControlFlow::Break,
        );
        moment.attach(Some(&self.context));
        self.context.iteration(true);
        while self.context.iteration(false) {}
        moment.destroy();
    }

    /// Keeps a picture of the screen; where it is.
    pub fn photograph(&self, what: &str) -> String {
        self.taken.set(self.taken.get() + 1);
        let name = format!("{:02}-{what}.png", self.taken.get());
        let path = self.pictures.join(name);
        let path = path.to_str().expect("the target folder has a plain name");
        let (taken, _) = self.run("import", &["-window", "root", path]);
        assert!(taken, "imagemagick takes a picture");
        path.to_owned()
    }

    /// Waits until the screen changes no more: what is on its way to another place is clicked there.
    pub fn wait_until_still(&self) {
        self.wait_for_another_screen("");
    }

    /// What tells one screen from another.
    pub fn signature(&self) -> String {
        self.run("import", &["-window", "root", "-format", "%#", "info:"])
            .1
    }

    /// Waits until the screen is no longer as it was, and then changes no more. Nothing is asked of any program
    /// meanwhile: one that is asked about its text lays it out, which it might not have done by itself.
    pub fn wait_for_another_screen(&self, before: &str) {
        let mut last = String::new();
        self.wait_for("another screen", || {
            let now = self.signature();
            let is_still = now != before && now == last;
            last = now;
            is_still.then_some(())
        });
    }

    /// Presses keys, by their names: `ctrl+a`.
    pub fn press(&self, keys: &[&str]) {
        self.hands(&[&["key", "--clearmodifiers"], keys].concat());
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) {
        self.hands(&["type", "--clearmodifiers", "--delay", "4", text]);
    }

    /// Moves the pointer to a point of the screen.
    pub fn point_at(&self, (x, y): (i32, i32)) {
        self.hands(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    /// Clicks at a point of the screen, with this button.
    pub fn click(&self, (x, y): (i32, i32), button: &str) {
        // In one go, so in this order. Waiting for the pointer to move would wait in vain where it is there already.
        self.hands(&["mousemove", &x.to_string(), &y.to_string(), "click", button]);
    }

    /// Lets go of the mouse button that a [drag](Window::drag) holds.
    pub fn release(&self) {
        self.hands(&["mouseup", "1"]);
    }

    /// Puts a text into the clipboard.
    pub fn copy(&self, text: &str) {
        let mut command = Command::new("xclip");
        command.args(["-selection", "clipboard"]);
        let mut xclip = self
            .place(command)
            .stdin(Stdio::piped())
            .spawn()
            .expect("xclip is installed");
        let mut input = xclip.stdin.take().expect("it was asked for");
        input.write_all(text.as_bytes()).expect("xclip reads it");
        drop(input);
        // It goes on in the background, until somebody else copies or the screen ends.
        assert!(xclip.wait().expect("it forks").success());
    }

    /// The text in a selection: `clipboard` or `primary`.
    pub fn selection(&self, which: &str) -> String {
        self.run("xclip", &["-selection", which, "-o"]).1
    }

    fn hands(&self, arguments: &[&str]) {
        let (done, output) = self.run("xdotool", arguments);
        assert!(done, "xdotool {arguments:?}: {output}");
    }

    /// Runs a program to its end: whether it succeeded, and what it wrote.
    pub fn run(&self, program: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(program);
        command.args(arguments);
        let output = self
            .place(command)
            .stderr(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), text)
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // A program that still writes there ends with its screen.
        drop(fs::remove_dir_all(&self.home));
    }
}

/// A window under test.
pub struct Window<'d> {
    pub desktop: &'d Desktop,
    pub program: Program,
    pub part: Part,
    /// The X server's number for it.
    pub id: String,
}

impl Window<'_> {
    /// Waits for a part of this role and name; any name where it is empty.
    pub fn find(&self, role: &str, name: &str) -> Part {
        self.desktop.wait_for(&format!("{role} « {name} »"), || {
            let mut parts = self.part.with_role(role).into_iter();
            parts.find(|part| name.is_empty() || part.name() == name)
        })
    }

    /// Clicks in the middle of a part.
    pub fn click(&self, part: &Part) {
        let (x, y, width, height) = part.extents();
        self.click_at((x + width / 2, y + height / 2), "1");
    }

    /// Clicks at a point of the window.
    pub fn click_at(&self, (x, y): (i32, i32), button: &str) {
        let (left, top) = self.position();
        self.desktop.click((left + x, top + y), button);
    }

    /// Presses the mouse button at a point of the window and moves to another one, without letting go.
    pub fn drag(&self, from: (i32, i32), to: (i32, i32)) {
        let (left, top) = self.position();
        let at = |(x, y): (i32, i32)| [(left + x).to_string(), (top + y).to_string()];
        let ([x, y], [end_x, end_y]) = (at(from), at(to));
        self.desktop.hands(&[
            "mousemove",
            &x,
            &y,
            "mousedown",
            "1",
            "mousemove",
            &end_x,
            &end_y,
        ]);
    }

    /// The input of a dialog with this label.
    pub fn field(&self, label: &str) -> Part {
        self.find("text box", label)
    }

    /// Turns the wheel up by so many notches over a part.
    pub fn scroll(&self, part: &Part, notches: usize) {
        let (x, y, width, height) = part.extents();
        self.click_at((x + width / 2, y + height / 2), "4");
        let more = (notches - 1).to_string();
        let turn = ["click", "--repeat", &more, "--delay", "10", "4"];
        self.desktop.hands(&turn);
    }

    /// Gives it a size, in pixels, as a hand on its corner does.
    pub fn resize(&self, width: i32, height: i32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.desktop
            .hands(&["windowsize", "--sync", &self.id, &width, &height]);
    }

    /// Whether it is the one that gets the keys.
    pub fn is_active(&self) -> bool {
        let (_, active) = self.desktop.run("xdotool", &["getactivewindow"]);
        active.trim() == self.id
    }

    /// How bright the screen is at a point of the window, from 0 to 1.
    pub fn brightness_at(&self, point: (i32, i32)) -> f64 {
        self.brightness(&["import", "-window", "root"], point)
    }

    /// How bright a point of the window is in a picture of the screen.
    pub fn brightness_in(&self, picture: &str, point: (i32, i32)) -> f64 {
        self.brightness(&["convert", picture], point)
    }

    fn brightness(&self, picture: &[&str], (x, y): (i32, i32)) -> f64 {
        let (left, top) = self.position();
        let point = format!("1x1+{}+{}", left + x, top + y);
        let rest = ["-crop", &point, "-format", "%[fx:mean]", "info:"];
        let (_, brightness) = self
            .desktop
            .run(picture[0], &[&picture[1..], &rest].concat());
        brightness.trim().parse().expect("imagemagick says")
    }

    fn position(&self) -> (i32, i32) {
        let geometry = ["getwindowgeometry", "--shell", &self.id];
        let (_, output) = self.desktop.run("xdotool", &geometry);
        let value = |name: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.parse().ok())
                .expect("a window has a place")
        };
        (value("X="), value("Y="))
    }
}

/// Pumps the context whenever a program shows something new.
fn wake_at_events(bus: &DBusConnection) -> gio::SignalSubscription {
    bus.subscribe_to_signal(
        None,
        Some("org.a11y.atspi.Event.Object"),
        None,
        None,
        None,
        gio::DBusSignalFlags::NONE,
        // Being called is enough: whoever waits looks again.
        |_| {},
    )
}

fn first_line(program: &mut Child) -> String {
    let mut output = BufReader::new(program.stdout.take().expect("it was asked for"));
    let mut line = String::new();
    output.read_line(&mut line).expect("it says where it is");
    // What else it writes has to go somewhere.
    std::thread::spawn(move || drop(output.read_to_end(&mut Vec::new())));
    line.trim().to_owned()
}

/// A folder that nobody else has.
fn scratch() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("msg-window-{}-{number}", std::process::id()));
    fs::create_dir(&folder).expect("the temporary folder can be written");
    folder
}
