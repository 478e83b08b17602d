//! What a person asks of the window, as values that its one loop takes up in their order.

use smol::channel::{Receiver, Sender};

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserAction {
    /// Enter: what stands in the input area goes out.
    Send,
    /// Escape: what waits to go out is to be written on instead.
    TakeBack,
    /// So many bytes do not fit in the input area.
    TooLong(usize),
    /// F1.
    Help,
    /// The « Quitter » button.
    Quit,
    /// The window is to close.
    Close,
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
}

/// Takes actions from wherever GTK calls back.
#[derive(Clone, Debug)]
pub struct UserActions(Sender<UserAction>);

impl UserActions {
    pub fn new() -> (UserActions, Receiver<UserAction>) {
        /// Far more than hands do between two turns of the loop.
        const MOST: usize = 64;
        let (sender, receiver) = smol::channel::bounded(MOST);
        (UserActions(sender), receiver)
    }

    pub fn ask(&self, action: UserAction) {
        // Where 64 wait already, a key is stuck or the loop has ended: one more would change nothing.
        drop(self.0.try_send(action));
    }
}
