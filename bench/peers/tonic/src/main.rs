//! tonic as a peer: `server [--tls DIR]` prints `listening PORT` and ends with its stdin.
//! Tokio's multi-threaded runtime, one worker a core; answers are the mapped stream of requests, without a channel.

use std::{error::Error, pin::Pin};

use tokio::io::AsyncReadExt;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{server::TcpIncoming, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

pub mod bidirectional_databroker {
    tonic::include_proto!("bidirectional_databroker");
}
pub mod broker {
    pub mod bench {
        tonic::include_proto!("broker.bench");
    }
}
use bidirectional_databroker::broker_service_server::{BrokerService, BrokerServiceServer};
use bidirectional_databroker::{BrokerRequest, BrokerResponse};
use broker::bench::bench_server::{Bench, BenchServer};
use broker::bench::Block;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn predict(request: BrokerRequest) -> BrokerResponse {
    BrokerResponse { id: request.id, prediction: request.id % 2 == 0 }
}

struct Peer;

#[tonic::async_trait]
impl BrokerService for Peer {
    type BidirectionalStreamingStream = Answers<BrokerResponse>;

    async fn bidirectional_streaming(
        &self,
        request: Request<Streaming<BrokerRequest>>,
    ) -> Result<Response<Self::BidirectionalStreamingStream>, Status> {
        Ok(Response::new(Box::pin(request.into_inner().map(|message| message.map(predict)))))
    }
}

#[tonic::async_trait]
impl Bench for Peer {
    type EchoStream = Answers<Block>;

    async fn predict(
        &self,
        request: Request<BrokerRequest>,
    ) -> Result<Response<BrokerResponse>, Status> {
        Ok(Response::new(predict(request.into_inner())))
    }

    async fn echo(
        &self,
        request: Request<Streaming<Block>>,
    ) -> Result<Response<Self::EchoStream>, Status> {
        Ok(Response::new(Box::pin(request.into_inner())))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut server = Server::builder();
    if let [option, folder] = &arguments[..] {
        assert_eq!(option, "--tls", "Usage: server [--tls DIR]");
        let read = |name: &str| std::fs::read(format!("{folder}/{name}"));
        let identity = Identity::from_pem(read("server.crt")?, read("server.key")?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    println!("listening {}", incoming.local_addr()?.port());
    let stdin_ends = async {
        let mut rest = Vec::new();
        tokio::io::stdin().read_to_end(&mut rest).await.ok();
        std::process::exit(0);
    };
    server
        .add_service(BrokerServiceServer::new(Peer))
        .add_service(BenchServer::new(Peer))
        .serve_with_incoming_shutdown(incoming, stdin_ends)
        .await?;
    Ok(())
}
