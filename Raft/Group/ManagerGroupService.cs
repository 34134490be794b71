using Google.Protobuf;
using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Group;

/// <summary>This manager's end of the calls between managers.</summary>
public sealed class ManagerGroupService(RaftLog log, ILogConsumer consumer, Keyring keyring) : ManagerGroup.ManagerGroupBase
{
    private const int PartLength = 1 << 18;

    /// <inheritdoc />
    public override Task<ForwardResponse> Forward(ForwardRequest request, ServerCallContext context) =>
        Task.FromResult(new ForwardResponse { Queued = consumer.Submit([.. request.Commands.Select(c => c.Memory)]) });

    /// <inheritdoc />
    public override async Task<ReadIndexResponse> ReadIndex(ReadIndexRequest request, ServerCallContext context)
    {
        try
        {
            return new ReadIndexResponse { Index = await log.ReadIndexAsync(context.CancellationToken) };
        }
        catch (NotLeaderException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
        }
    }

    /// <inheritdoc />
    public override async Task PullSnapshot(
        PullSnapshotRequest request, IServerStreamWriter<PullSnapshotResponse> responseStream, ServerCallContext context)
    {
        FileStream file;
        try
        {
            file = log.OpenSnapshot(request.Index, request.Term);
        }
        catch (FileNotFoundException)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"there is no snapshot of entry {request.Index} here any more"));
        }

        await using (file)
        {
            file.Seek(request.Offset, SeekOrigin.Begin);
            var buffer = new byte[PartLength];
            int read;
            while ((read = await file.ReadAsync(buffer, context.CancellationToken)) > 0)
            {
                await responseStream.WriteAsync(new PullSnapshotResponse { Content = ByteString.CopyFrom(buffer, 0, read) }, context.CancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public override async Task<AddMemberResponse> AddMember(AddMemberRequest request, ServerCallContext context)
    {
        await ChangeAsync(() => log.AddMemberAsync(new LogMember(request.Addr), context.CancellationToken));
        return new AddMemberResponse();
    }

    /// <inheritdoc />
    public override async Task<RemoveMemberResponse> RemoveMember(RemoveMemberRequest request, ServerCallContext context)
    {
        await ChangeAsync(() => log.RemoveMemberAsync(request.Addr, context.CancellationToken));
        return new RemoveMemberResponse();
    }

    /// <inheritdoc />
    public override Task<GetKeyringResponse> GetKeyring(GetKeyringRequest request, ServerCallContext context)
    {
        var response = new GetKeyringResponse { CurrentId = keyring.CurrentId };
        response.Keys.AddRange(keyring.Keys.Select(k => new GetKeyringResponse.Types.Key { Id = k.Key, Secret = ByteString.CopyFrom(k.Value) }));
        return Task.FromResult(response);
    }

    /// <inheritdoc />
    public override Task<GetLeaderResponse> GetLeader(GetLeaderRequest request, ServerCallContext context)
    {
        var leadership = log.Leadership;
        var response = new GetLeaderResponse { Addr = leadership.LeaderAddress ?? "", Term = leadership.Term };
        if (leadership.IsLeader)
        {
            response.Unreachable.AddRange(log.Members.Where(m => !m.IsReachable).Select(m => m.Address));
        }

        return Task.FromResult(response);
    }

    private static async Task ChangeAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (NotLeaderException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
        }
        catch (MembershipChangeException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }
}
