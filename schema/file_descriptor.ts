import { Buffer } from "node:buffer";
import { loadSync } from "@grpc/proto-loader";

/** `google.protobuf.FieldDescriptorProto`, as far as we read it; what the sender left out is undefined. */
export interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  readonly label?: string;
  readonly type?: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
  readonly options?: { readonly packed?: boolean };
}

/** `google.protobuf.EnumDescriptorProto`. */
export interface EnumDescriptor {
  readonly name: string;
  readonly value?: readonly { readonly name: string; readonly number?: number }[];
}

/** `google.protobuf.DescriptorProto`. */
export interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly FieldDescriptor[];
  readonly nestedType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  readonly options?: { readonly mapEntry?: boolean };
}

/** `google.protobuf.MethodDescriptorProto`; the types are full names with a leading dot. */
export interface MethodDescriptor {
  readonly name: string;
  readonly inputType?: string;
  readonly outputType?: string;
}

/** `google.protobuf.ServiceDescriptorProto`. */
export interface ServiceDescriptor {
  readonly name: string;
  readonly method?: readonly MethodDescriptor[];
}

/** `google.protobuf.FileDescriptorProto`. */
export interface FileDescriptor {
  readonly name?: string;
  readonly package?: string;
  readonly messageType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly service?: readonly ServiceDescriptor[];
}

/** The descriptor of descriptors, which @grpc/proto-loader bundles; loaded on first use, as it takes 10 ms. */
let codec: ((octets: Buffer) => object) | undefined;

/**
 * Decodes an encoded `google.protobuf.FileDescriptorProto`.
 *
 * The decoded `type` objects that the loader hands out beside the octets cannot be used instead: they fill
 * in defaults, so that a field outside any oneof looks like a member of the first (@grpc/proto-loader
 * 0.8.1).
 */
export function decodeFileDescriptor(octets: Uint8Array): FileDescriptor {
  codec ??= loadCodec();
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  return codec(buffer) as FileDescriptor;
}

function loadCodec(): (octets: Buffer) => object {
  const definitions = loadSync("google/protobuf/descriptor.proto", { enums: String });
  const file = definitions["google.protobuf.FileDescriptorProto"];
  if (file === undefined || !("deserialize" in file) || typeof file.deserialize !== "function") {
    throw new TypeError("Cannot find google.protobuf.FileDescriptorProto in @grpc/proto-loader");
  }
  return file.deserialize;
}
