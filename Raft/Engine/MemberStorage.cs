using System.Net;
using DotNext.Buffers;
using DotNext.Net;
using DotNext.Net.Cluster.Consensus.Raft.Membership;

namespace SwarmOrleans.Raft.Engine;

/// <summary>The group's members as of the last applied change, in a file that is replaced whole.</summary>
internal sealed class MemberStorage(string file) : PersistentClusterConfigurationStorage<EndPoint>(file)
{
    protected override void Encode(EndPoint address, ref BufferWriterSlim<byte> output) => output.WriteEndPoint(address);

    protected override EndPoint Decode(ref SequenceReader reader) => reader.ReadEndPoint();
}
