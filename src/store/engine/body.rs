//! On which thread the engine works.

use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::store::error::StoreError;

use super::kv::{Batch, KeyRange, Kv, Row, Tree};

/// Where commits are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// On a thread of their own, while the caller's thread goes on with other tasks: for real time.
    Threaded,
    /// On the caller's thread: for tokio's paused time, which would run ahead to the next timeout
    /// while another thread is awaited.
    Inline,
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Request {
    Commit(Batch, Answer<()>),
    Get(Tree, Vec<u8>, Answer<Option<Vec<u8>>>),
    Scan(Tree, KeyRange, Answer<Vec<Row>>),
}

/// An engine that can be awaited.
pub(in crate::store) enum Engine {
    Inline(Box<dyn Kv>),
    Threaded(EngineThread),
}

/// The thread and the way to it.
pub(in crate::store) struct EngineThread {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Gives the engine its place.
    pub(in crate::store) fn start(kv: Box<dyn Kv>, body: Body) -> Result<Self, StoreError> {
        match body {
            Body::Inline => Ok(Self::Inline(kv)),
            Body::Threaded => EngineThread::start(kv).map(Self::Threaded),
        }
    }

    pub(in crate::store) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        match self {
            Self::Inline(kv) => kv.commit(&batch),
            Self::Threaded(thread) => thread.ask(|answer| Request::Commit(batch, answer)).await,
        }
    }

    pub(in crate::store) async fn get(
        &self,
        tree: Tree,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Inline(kv) => kv.get(tree, key),
            Self::Threaded(thread) => {
                let key = key.to_vec();
                thread.ask(|answer| Request::Get(tree, key, answer)).await
            }
        }
    }

    pub(in crate::store) async fn scan(
        &self,
        tree: Tree,
        range: KeyRange,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Inline(kv) => kv.scan(tree, &range),
            Self::Threaded(thread) => {
                thread
                    .ask(|answer| Request::Scan(tree, range, answer))
                    .await
            }
        }
    }
}

impl EngineThread {
    fn start(kv: Box<dyn Kv>) -> Result<Self, StoreError> {
        let (requests, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("respec-store".to_owned())
            .spawn(move || serve(kv.as_ref(), &inbox))
            .map_err(|e| StoreError::Refused(format!("no thread for the store: {e}")))?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, StoreError> {
        // The queue needs no limit of its own: a store lets one request wait at a time.
        let (answer, reply) = oneshot::channel();
        let sent = self
            .requests
            .as_ref()
            .is_some_and(|requests| requests.send(request(answer)).is_ok());
        if !sent {
            return Err(StoreError::Refused("the store's thread has ended".into()));
        }
        let lost = || StoreError::Unconfirmed("the store's thread ended without an answer".into());
        reply.await.unwrap_or_else(|_| Err(lost()))
    }
}

impl Drop for EngineThread {
    /// Waits until the engine has closed its files: the lock may not be given up before.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was already answered as unconfirmed.
            let _ignored = thread.join();
        }
    }
}

fn serve(kv: &dyn Kv, inbox: &mpsc::Receiver<Request>) {
    // An asker who no longer listens has given up; the work is done all the same.
    while let Ok(request) = inbox.recv() {
        match request {
            Request::Commit(batch, answer) => drop(answer.send(kv.commit(&batch))),
            Request::Get(tree, key, answer) => drop(answer.send(kv.get(tree, &key))),
            Request::Scan(tree, range, answer) => drop(answer.send(kv.scan(tree, &range))),
        }
    }
}
