//! Zoé in a window, Bob in line mode, and a relay between them.

use crate::accessibility::{Part, State};
use crate::desktop::{Desktop, Window};
use crate::support::{Program, Relay};

/// A conversation under way.
pub struct Talk<'d> {
    pub desktop: &'d Desktop,
    pub relay: Relay,
    pub window: Window<'d>,
    /// Zoé's display area.
    pub display: Part,
    /// Her input area.
    pub input: Part,
    pub bob: Program,
}

impl<'d> Talk<'d> {
    /// Both have come.
    pub fn begin(desktop: &'d Desktop) -> Talk<'d> {
        Talk::begin_with(desktop, &[])
    }

    /// Both have come, Zoé with these options as well.
    pub fn begin_with(desktop: &'d Desktop, options: &[&str]) -> Talk<'d> {
        let relay = Relay::start();
        let address = relay.address.to_string();
        Talk::through(desktop, relay, &address, options)
    }

    /// Both have come, Zoé by a way of her own to the relay.
    pub fn through(
        desktop: &'d Desktop,
        relay: Relay,
        address: &str,
        options: &[&str],
    ) -> Talk<'d> {
        let arguments = ["--gui", "--connect", address, "--nom", "Zoé"];
        let window = desktop.open(&[&arguments, options].concat(), "msg");
        let bob = Program::start(&mut relay.client("Bob"));
        let talk = Talk::of(desktop, relay, window, bob);
        talk.zoe_reads("« Bob » est là.");
        desktop.wait_for("the keyboard", || {
            talk.input.is(State::Focused).then_some(())
        });
        talk
    }

    /// Bob has come already, and Zoé comes with these options.
    pub fn join(desktop: &'d Desktop, relay: Relay, bob: Program, options: &[&str]) -> Talk<'d> {
        let address = relay.address.to_string();
        let arguments = ["--gui", "--connect", &address, "--nom", "Zoé"];
        let window = desktop.open(&[&arguments, options].concat(), "Bob");
        Talk::of(desktop, relay, window, bob)
    }

    /// Zoé is in this window already.
    pub fn of(desktop: &'d Desktop, relay: Relay, window: Window<'d>, bob: Program) -> Talk<'d> {
        Talk {
            desktop,
            relay,
            display: window.find("text box", "Discussion"),
            input: window.find("text box", "Votre message"),
            window,
            bob,
        }
    }

    /// Zoé types a line, and Enter.
    pub fn zoe_types(&self, text: &str) {
        self.desktop.type_text(text);
        self.desktop.press(&["Return"]);
    }

    /// Waits until a text stands in the display area; gives all that stands there.
    pub fn zoe_reads(&self, text: &str) -> String {
        self.wait_for_display(text, |shown| shown.contains(text))
    }

    /// Waits for the display area to be so; gives all that stands there.
    pub fn wait_for_display(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.desktop.wait_for(what, || {
            Some(self.display.text()).filter(|shown| wanted(shown))
        })
    }

    /// Waits until the display area ends so. It is cheap for a window that is busy with many messages.
    pub fn wait_for_end(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        self.desktop.wait_for(what, || {
            wanted(&self.display.end_of_text(200)).then_some(())
        });
    }

    /// Waits for the input area to hold this.
    pub fn wait_for_input(&self, text: &str) {
        self.desktop.wait_for(&format!("the draft « {text} »"), || {
            (self.input.text() == text).then_some(())
        });
    }

    /// Where a text of the display area stands: how many pixels below the window's top, be it in view or not.
    pub fn place_of(&self, text: &str) -> i32 {
        self.extents_of(text).1
    }

    /// Whether a text of the display area is to be seen.
    pub fn is_in_view(&self, text: &str) -> bool {
        let (_, top, _, height) = self.display.extents();
        let (_, y, _, line) = self.extents_of(text);
        y >= top && y + line <= top + height
    }

    /// Waits until a text of the display area is to be seen.
    pub fn wait_until_in_view(&self, text: &str) {
        self.desktop.wait_for(&format!("« {text} » in view"), || {
            self.is_in_view(text).then_some(())
        });
    }

    /// Clicks on a text of the display area.
    pub fn click_on(&self, text: &str) {
        self.press_on(text, "1");
    }

    /// Clicks on a text of the display area with the right button.
    pub fn right_click_on(&self, text: &str) {
        self.press_on(text, "3");
    }

    fn press_on(&self, text: &str, button: &str) {
        self.desktop.wait_until_still();
        let (x, y, width, height) = self.extents_of(text);
        self.window
            .click_at((x + width / 2, y + height / 2), button);
    }

    /// The left, right, top and bottom of the display area, within the window.
    pub fn edges_of_display(&self) -> (i32, i32, i32, i32) {
        let (x, y, width, height) = self.display.extents();
        (x, x + width, y, y + height)
    }

    /// The left, right, top and bottom of the first character of a text, within the window.
    pub fn around(&self, text: &str) -> (i32, i32, i32, i32) {
        let (x, y, width, height) = self.extents_of(text);
        (x, x + width, y, y + height)
    }

    /// The extents of the first character of the last such text.
    fn extents_of(&self, text: &str) -> (i32, i32, i32, i32) {
        let shown = self.display.text();
        let place = shown.rfind(text).expect("it is shown");
        let offset = shown[..place].chars().count();
        self.display.character_extents(offset as i32)
    }

    /// The state of the link, in the header.
    pub fn state(&self) -> String {
        self.window.find("status", "").name()
    }

    /// Waits until the header says so.
    pub fn wait_for_state(&self, state: &str) {
        self.desktop
            .wait_for(&format!("the state « {state} »"), || {
                (self.state() == state).then_some(())
            });
    }

    /// Clicks the button of this label, once it is there.
    pub fn choose(&self, label: &str) {
        let button = self.window.find("button", label);
        self.window.click(&button);
    }

    /// Waits until the window asks so.
    pub fn is_asked(&self, question: &str) {
        self.window.find("alert", question);
    }

    /// Neither can anything be written nor left any more.
    pub fn wait_until_disabled(&self) {
        let quit = self.window.find("button", "Quitter");
        self.desktop.wait_for("the end of all input", || {
            let disabled = !quit.is(State::Sensitive) && !self.input.is(State::Sensitive);
            disabled.then_some(())
        });
    }

    pub fn bob_says(&mut self, text: &str) {
        self.bob.write(format!("{text}\n"));
    }

    /// Waits until Bob's screen shows a row that ends so.
    pub fn bob_reads(&self, end: &str) {
        self.bob.wait_for_line(end, |row| row.ends_with(end));
    }

    /// Waits until Bob is told so.
    pub fn bob_is_told(&self, sentence: &str) {
        self.bob.wait_for_error(sentence, |row| row == sentence);
    }
}
