//! Bare HTTP/1.1 over loopback: requests made ahead of time, answers read with as little work as
//! can be, so that what is measured is the server and not the generator.

use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to `address`, for example `127.0.0.1:8080`.
    pub async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a whole request and reads its whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        let message = read_message(&mut self.stream, &mut self.buffer).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = message.head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        Ok((status, message.body))
    }
}

/// A request or an answer.
pub struct Message {
    /// The first line and the header lines.
    pub head: String,
    /// What follows them.
    pub body: Vec<u8>,
}

impl Message {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Reads one message; `None` when the other side closed the connection between two.
pub async fn read_message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Message>> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    buffer.drain(..head_end + 4);
    let mut message = Message { head, body: Vec::new() };
    let is_chunked = message.header("transfer-encoding").is_some_and(|v| v.contains("chunked"));
    let length: usize = message.header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
    if is_chunked {
        read_chunks(stream, buffer, &mut message.body).await?;
    } else {
        fill(stream, buffer, length).await?;
        message.body = buffer.drain(..length).collect();
    }
    Ok(Some(message))
}

async fn read_chunks(stream: &mut TcpStream, buffer: &mut Vec<u8>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line_end = loop {
            if let Some(at) = buffer.windows(2).position(|w| w == b"\r\n") {
                break at;
            }
            fill(stream, buffer, buffer.len() + 1).await?;
        };
        let size = usize::from_str_radix(String::from_utf8_lossy(&buffer[..line_end]).trim(), 16).unwrap_or(0);
        fill(stream, buffer, line_end + 2 + size + 2).await?;
        body.extend_from_slice(&buffer[line_end + 2..line_end + 2 + size]);
        buffer.drain(..line_end + 2 + size + 2);
        if size == 0 {
            return Ok(());
        }
    }
}

async fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}
