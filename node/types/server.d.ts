// `visavis/server`: what programs need and browsers keep to themselves. The connections are those of `visavis`.

/// <reference lib="dom" />

/** Interfaces by name. A name that ends in `*` stands for all that begin so: `docker*`. */
export interface InterfaceFilter {
  /** Those that are used. None: all. */
  only?: Iterable<string>;
  /** Those that are not used, even if they are in `only`. */
  except?: Iterable<string>;
}

/**
 * Which addresses may be used, as ranges (`10.0.0.0/8`, `2001:db8::/32`) or single ones. What `allow` has may be used. Of
 * the rest, what `deny` has may not, and with `publicOnly` nothing that is not on the public Internet.
 */
export interface AddressFilter {
  allow?: Iterable<string>;
  deny?: Iterable<string>;
  /** Denies loopback, private and link-local networks, cloud providers' metadata services and the like. */
  publicOnly?: boolean;
}

/** An address under which this machine is reached from outside, port for port, through a NAT that it does not know of. */
export interface ExternalAddress {
  external: string;
  /** The address of this machine behind it. Missing: every one of the same family. */
  internal?: string;
  /** `replace` (the default): candidates have it instead of the inside address, which nobody learns. `add`: beside it. */
  mode?: 'replace' | 'add';
}

/** The first and the last port. */
export interface PortRange {
  min: number;
  max: number;
}

/** What W3C leaves to browsers. What is missing is as in a browser. */
export interface ConnectionSettings {
  /** Also gather candidates of loopback interfaces. */
  includeLoopback?: boolean;
  /** The network interfaces to use. */
  interfaces?: InterfaceFilter;
  /** The addresses of this machine to use: nothing is sent from others. */
  localAddresses?: AddressFilter;
  /** The versions of IP to use. */
  ipVersions?: 'both' | 'ipv4' | 'ipv6';
  /** The UDP ports to use, one for each connection and address. */
  ports?: PortRange;
  /** Addresses under which this machine is reached from outside. */
  externalAddresses?: Iterable<ExternalAddress>;
  /** Gather on addresses that turn up later, too. */
  gatherContinually?: boolean;
  /** Tell names in multicast DNS instead of this machine's addresses. */
  hideAddresses?: boolean;
  /** Where the remote peer may be. A server that takes offers from strangers should have `{ publicOnly: true }`. */
  remoteAddresses?: AddressFilter;
  /** `active`: connect to peers that listen for TCP. The default, but not of an endpoint: there, it is `off`. */
  tcp?: 'off' | 'active';
  /** Say in descriptions what the SCTP INIT would say, which saves a round trip. */
  sctpInit?: boolean;
  /** Be a lite agent: for servers at public addresses, whose peers are full agents. */
  iceLite?: boolean;
  /** The DSCP of all packets, 0 to 63. */
  dscp?: number;
  /** Certificate authorities beside the system's whose certificates a TURN server may have: each in PEM or in DER. */
  tlsRoots?: Iterable<string | ArrayBufferView>;
  /** Carry the DTLS handshake inside ICE's checks, which saves a round trip. */
  dtlsInStun?: boolean;
  /** Say in descriptions that more than one candidate pair may be nominated: with a peer that does so too, data moves to a better pair that comes up later. */
  renomination?: boolean;
}

/**
 * `new RTCPeerConnection(configuration)` with settings.
 *
 * @throws TypeError for settings that cannot be; otherwise as the constructor
 */
export declare function createPeerConnection(
  configuration?: RTCConfiguration,
  settings?: ConnectionSettings,
): RTCPeerConnection;

export interface EndpointInit {
  /** Where to listen, on all addresses of the machine. 0, the default: the system's choice. */
  port?: number;
  /** Where to listen instead: up to 16 addresses with their ports, like `192.0.2.1:3478` or `[2001:db8::1]:3478`. */
  addresses?: Iterable<string>;
  /** Also listen for TCP, at the same port numbers: peers whose UDP does not pass connect there. */
  tcp?: boolean;
  /** For each connection, but for `ports`. */
  settings?: Omit<ConnectionSettings, 'ports'>;
}

/**
 * One UDP port for many connections, for servers: one rule in the firewall, and one socket for thousands of peers. Open as
 * long as it is referred to, or one of its connections; it does not keep the process alive.
 */
export declare class Endpoint {
  /**
   * @throws TypeError for what cannot be, and an Error with a `code`, such as `EADDRINUSE`, where the system gives no socket
   */
  constructor(init?: EndpointInit);
  /** Where it listens. */
  readonly localAddresses: { address: string; family: 'IPv4' | 'IPv6'; port: number }[];
  /** How many connections there are: not closed, or closed with something left to send. */
  readonly connections: number;
  /**
   * A connection over this port. It has one transport ("max-bundle"), and for each TURN server sockets of its own.
   *
   * @throws InvalidStateError if the endpoint is closed; otherwise as the constructor of RTCPeerConnection
   */
  createPeerConnection(configuration?: RTCConfiguration): RTCPeerConnection;
  /** Closes all connections; there can be no new ones. */
  close(): void;
}
