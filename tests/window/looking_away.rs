//! A message comes while the window is not in front.

use crate::desktop::{Window, on_a_desktop};
use crate::services::Notification;
use crate::talking::Talk;

/// What X calls urgency, in the sixth bit of these flags' ninth place: xprop spells it.
fn is_urgent(window: &Window) -> bool {
    let (_, hints) = window
        .desktop
        .run("xprop", &["-id", &window.id, "WM_HINTS"]);
    hints.contains("urgency hint bit is set")
}

#[test]
fn a_message_calls_whoever_looks_elsewhere() {
    on_a_desktop("attention", |desktop| {
        let mut talk = Talk::begin(desktop);
        talk.bob_says("tu regardes");
        talk.zoe_reads("tu regardes");
        assert!(desktop.services.notifications.borrow().is_empty());

        let elsewhere = desktop.open(&["--gui"], "Discuter à deux");
        desktop.wait_for("the other window in front", || {
            (!talk.window.is_active()).then_some(())
        });
        talk.bob_says("<b>tu es là</b> & ailleurs ?\u{1b}");
        let notified = desktop.wait_for("a notification", || {
            desktop.services.notifications.borrow().first().cloned()
        });
        assert_eq!(
            notified,
            Notification {
                summary: "Bob".to_owned(),
                body: "&lt;b&gt;tu es là&lt;/b&gt; &amp; ailleurs ?\\x1b".to_owned(),
            }
        );
        desktop.wait_for("urgency", || is_urgent(&talk.window).then_some(()));
        talk.bob_says("ohé");
        desktop.wait_for("the count in the title", || {
            (talk.window.part.name() == "(2) Bob").then_some(())
        });
        desktop.photograph("looking-away");
        // More of them make no more noise.
        assert_eq!(desktop.services.notifications.borrow().len(), 1);

        desktop.services.click();
        desktop.wait_for("the window in front", || {
            talk.window.is_active().then_some(())
        });
        desktop.wait_for("calm", || (!is_urgent(&talk.window)).then_some(()));
        desktop.wait_for("the title alone", || {
            (talk.window.part.name() == "Bob").then_some(())
        });
        desktop.wait_for("the notification's end", || {
            (!desktop.services.withdrawn.borrow().is_empty()).then_some(())
        });
        drop(elsewhere);
    });
}
