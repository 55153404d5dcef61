//! From the name of a port to a stream of bytes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gauntlet_connectivity::BAUD;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};
use tokio_serial::{ClearBuffer, SerialPort as _, SerialPortBuilderExt as _, SerialStream};

use super::error::DongleError;

/// How long another user of the port may take to let it go.
const FREED: Duration = Duration::from_millis(500);
/// How long a missing port is left alone.
const MISSING: Duration = Duration::from_millis(100);

/// What a dongle's bytes come and go through.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Where streams to one dongle come from.
pub trait Port {
    /// A stream with nothing left over in it.
    ///
    /// # Errors
    /// [`DongleError::PortMissing`] when it may be there a little later, [`DongleError::PortRefused`] when not.
    fn open(&mut self) -> Result<Box<dyn Stream>, DongleError>;

    /// Its name, for people.
    fn name(&self) -> String;
}

/// A serial port of this machine, with 1,000,000 baud, 8N1, without flow control.
#[derive(Debug, Clone)]
pub struct SerialDongle(pub PathBuf);

impl Port for SerialDongle {
    fn open(&mut self) -> Result<Box<dyn Stream>, DongleError> {
        let stream = tokio_serial::new(self.0.to_string_lossy(), BAUD).open_native_async();
        let stream = stream.map_err(|error| unopened(&self.0, &error))?;
        stream.clear(ClearBuffer::All).map_err(|error| unopened(&self.0, &error))?;
        Ok(Box::new(Closing(stream)))
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}

fn unopened(path: &Path, error: &tokio_serial::Error) -> DongleError {
    let detail = format!("{}: {}", path.display(), error.description);
    match error.kind() {
        tokio_serial::ErrorKind::NoDevice if path.exists() => {
            DongleError::PortRefused(format!("{detail} (is another program using it?)"))
        }
        tokio_serial::ErrorKind::NoDevice | tokio_serial::ErrorKind::Io(std::io::ErrorKind::NotFound) => {
            DongleError::PortMissing(detail)
        }
        _ => DongleError::PortRefused(detail),
    }
}

/// Takes the mark of exclusive use away at the end: it stays with a pseudo-terminal whose other end lives on.
struct Closing(SerialStream);

impl Drop for Closing {
    fn drop(&mut self) {
        // A port that has gone has no mark.
        #[cfg(unix)]
        let _gone = self.0.set_exclusive(false);
    }
}

mod pass {
    use std::io::Result;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::Closing;

    impl AsyncRead for Closing {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            room: &mut ReadBuf<'_>,
        ) -> Poll<Result<()>> {
            Pin::new(&mut self.0).poll_read(context, room)
        }
    }

    impl AsyncWrite for Closing {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize>> {
            Pin::new(&mut self.0).poll_write(context, bytes)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            // A flush would wait until the line is empty, which nobody needs.
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(context)
        }
    }
}

/// Opens the port; waits for one that is missing, as a USB port is while its dongle restarts.
pub(super) async fn open(port: &mut dyn Port, patience: Duration) -> Result<Box<dyn Stream>, DongleError> {
    let end = Instant::now() + patience;
    let freed = Instant::now() + FREED;
    // Whoever used it last may be about to let it go.
    yield_now().await;
    loop {
        match port.open() {
            Err(DongleError::PortRefused(_)) if Instant::now() < end.min(freed) => sleep(MISSING).await,
            Err(DongleError::PortMissing(_)) if Instant::now() < end => sleep(MISSING).await,
            opened => return opened,
        }
    }
}
