//! How JavaScript's event loop learns that there are tasks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

/// The wake-up: it does not keep the process alive by itself, and as one call says everything, one is queued at most.
type Wakeup = ThreadsafeFunction<(), (), (), Status, false, true, 1>;

/// Connections that have tasks.
#[derive(Default)]
struct Ready {
    /// Each at most once until the loop has found that it has no more tasks.
    keys: Vec<u32>,
    /// The loop was woken and has not looked yet.
    is_awake: bool,
}

/// What wakers hold: on any thread, also when the environment is gone.
struct Bell {
    ready: Mutex<Ready>,
    wakeup: Wakeup,
}

impl Bell {
    fn ring(&self, key: u32) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.keys.push(key);
        if !std::mem::replace(&mut ready.is_awake, true) {
            drop(ready);
            // Refused when the environment ends, and if a call waits already: nothing is lost.
            self.wakeup.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

/// One connection's share in the bell.
struct Clapper {
    bell: Arc<Bell>,
    key: u32,
}

impl Wake for Clapper {
    fn wake(self: Arc<Self>) {
        self.bell.ring(self.key);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.bell.ring(self.key);
    }
}

/// The environment's side: on its thread alone.
pub(crate) struct Local {
    bell: Arc<Bell>,
    next_key: Cell<u32>,
    /// Connections that keep the process alive.
    holders: Cell<usize>,
    /// Never called: what keeps the process alive while it is referred to.
    keeper: RefCell<Wakeup>,
}

impl Local {
    /// A key for a new connection, and what it wakes.
    pub(crate) fn enter(&self) -> (u32, Waker) {
        let key = self.next_key.get();
        self.next_key.set(key.wrapping_add(1));
        (key, Waker::from(Arc::new(Clapper { bell: Arc::clone(&self.bell), key })))
    }

    /// One connection more keeps the process alive, or one less.
    #[allow(
        deprecated,
        reason = "letting go of the function and making it anew each time, as is advised instead, says the same in more steps"
    )]
    pub(crate) fn hold(&self, env: &Env, holds: bool) {
        let before = self.holders.get();
        let after = if holds { before + 1 } else { before.saturating_sub(1) };
        self.holders.set(after);
        let mut keeper = self.keeper.borrow_mut();
        // It fails when the environment ends: then nothing keeps the process alive.
        let _ = match (before, after) {
            (0, 1) => keeper.refer(env),
            (1, 0) => keeper.unref(env),
            _ => Ok(()),
        };
    }
}

/// An environment's event loop, as far as connections care. There is one for each environment.
#[napi]
pub struct EventLoop {
    pub(crate) local: Rc<Local>,
}

#[napi]
impl EventLoop {
    /// `wakeup` is called when connections have tasks, once until [`take_ready`](EventLoop::take_ready).
    #[napi(constructor)]
    pub fn new(wakeup: Function<'_, (), ()>) -> napi::Result<Self> {
        let build = || wakeup.build_threadsafe_function::<()>().weak::<true>().max_queue_size::<1>().build();
        let bell = Arc::new(Bell { ready: Mutex::default(), wakeup: build()? });
        Ok(EventLoop {
            local: Rc::new(Local {
                bell,
                next_key: Cell::new(0),
                holders: Cell::new(0),
                keeper: RefCell::new(build()?),
            }),
        })
    }

    /// The keys of the connections that have tasks. Each is there once, until its `runTask` has answered
    /// `null` or named no next task.
    #[napi]
    pub fn take_ready(&self) -> Vec<u32> {
        let mut ready = self.local.bell.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.is_awake = false;
        std::mem::take(&mut ready.keys)
    }
}
