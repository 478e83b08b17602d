//! What a person asks of the window, as values that its one loop takes up in their order.

use smol::channel::{Receiver, Sender};

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserAction {
    /// Enter: what stands in the input area goes out.
    Send,
    /// Escape: what is asked is answered with no, or what waits to go out is to be written on instead.
    Escape,
    /// So many bytes do not fit in the input area.
    TooLong(usize),
    /// The « Quitter » button, clicked or by its shortcut.
    Quit,
    /// A key was pressed upon the focused « Quitter » button, which may have been meant for something else.
    AskToQuit,
    /// The window is to close.
    Close,
    /// The question is answered with yes.
    Confirm,
    /// Once a discussion is over, another one begins: with the same address and name, or after a change.
    Rejoin,
    ChangeName,
    ChangeAddress,
    /// The form is filled in.
    Join,
    /// What the other types to come is wanted in the clipboard.
    CopyInvitation,
    /// Another code.
    ChangeCode,
    /// From the menu.
    Menu(MenuItem),
    /// The window has come to the front, or has left it.
    FocusChanged,
    /// The desktop has another theme.
    ThemeChanged,
    /// The notification was clicked; the token, if any, lets the window come to the front.
    Present(Option<String>),
    /// A link was clicked.
    Open(String),
    /// And nothing opens it.
    NotOpened(String),
    /// The conversation could not be written to a file.
    NotSaved(String),
}

/// What the menu offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuItem {
    CopyAll,
    Save,
    Search,
    LargerText,
    SmallerText,
    NormalText,
    Shortcuts,
    About,
}

/// Takes actions from wherever GTK calls back.
#[derive(Clone, Debug)]
pub struct UserActions(Sender<UserAction>);

impl UserActions {
    pub fn new() -> (UserActions, Receiver<UserAction>) {
        /// Far more than hands do between two turns of the loop.
        const MAX_ACTIONS: usize = 64;
        let (sender, receiver) = smol::channel::bounded(MAX_ACTIONS);
        (UserActions(sender), receiver)
    }

    pub fn ask(&self, action: UserAction) {
        // Where 64 wait already, a key is stuck or the loop has ended: one more would change nothing.
        drop(self.0.try_send(action));
    }
}
