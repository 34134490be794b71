using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>
/// Networks of containers that belong to no service: the container's node asks for an attachment, a task of its own that is on that node and holds the
/// address; and gives it back (NET-9).
/// </summary>
public sealed class NetworkAttachments(ISwarmStore store, IIdSource ids, TimeProvider time)
{
    /// <summary>Stores an attachment; the node gets it, with its addresses, as any other task.</summary>
    /// <param name="nodeId">The caller.</param>
    /// <param name="config">The network, by id or name, and the addresses that are wanted, if any.</param>
    /// <param name="containerId">The container, as its engine names it.</param>
    /// <param name="cancellationToken">Gives up waiting; the attachment may exist all the same.</param>
    /// <returns>The attachment's id.</returns>
    /// <exception cref="UseCaseException">A field is missing or is no address, the network does not exist, is being removed, or is not for single containers.</exception>
    public async Task<string> AttachAsync(string nodeId, NetworkAttachmentConfig? config, string containerId, CancellationToken cancellationToken)
    {
        if (config is not { Target.Length: > 0 })
        {
            throw UseCaseException.Invalid("config.target: a network must be given");
        }

        if (containerId.Length == 0)
        {
            throw UseCaseException.Invalid("container_id: must be given");
        }

        for (var i = 0; i < config.Addresses.Count; i++)
        {
            if (!Cidr.TryParseAddress(config.Addresses[i], out _) && Cidr.TryParse(config.Addresses[i]) is null)
            {
                throw UseCaseException.Invalid($"config.addresses[{i}]: {config.Addresses[i]} is no address");
            }
        }

        var task = new SwarmTask
        {
            Id = ids.NewId(),
            NodeId = nodeId,
            Spec = new TaskSpec { Attachment = new NetworkAttachmentSpec { ContainerId = containerId } },
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = TaskState.New, Message = "created", Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow()) },
        };
        await store.DecideAsync(
            await store.ViewAsync(cancellationToken),
            view =>
            {
                var network = AttachableIn(view, config.Target);
                var attached = config.Clone();
                attached.Target = network.Id;
                task.Spec.Networks.Clear();
                task.Spec.Networks.Add(attached);
                return new StoreTransaction().RequireUnchanged(network).RequireExists<Node>(nodeId).Create(task);
            },
            cancellationToken);
        return task.Id;
    }

    /// <summary>Removes an attachment of the node, and with it frees its addresses.</summary>
    /// <param name="nodeId">The caller.</param>
    /// <param name="attachmentId">What <see cref="AttachAsync"/> returned.</param>
    /// <param name="cancellationToken">Gives up waiting; the attachment may be gone all the same.</param>
    /// <exception cref="UseCaseException">There is no such attachment, or it is another node's.</exception>
    public async Task DetachAsync(string nodeId, string attachmentId, CancellationToken cancellationToken)
    {
        if (attachmentId.Length == 0)
        {
            throw UseCaseException.Invalid("attachment_id: must be given");
        }

        var view = await store.ViewAsync(cancellationToken);
        if (view.Find<SwarmTask>(attachmentId) is not { Spec.RuntimeCase: TaskSpec.RuntimeOneofCase.Attachment } task)
        {
            throw UseCaseException.NotFound("attachment", attachmentId);
        }

        if (task.NodeId != nodeId)
        {
            throw new UseCaseException(UseCaseError.PermissionDenied, $"attachment {attachmentId} doesn't belong to this node");
        }

        await store.OrThrowAsync(new StoreTransaction().Remove<SwarmTask>(attachmentId), cancellationToken);
    }

    private static Network AttachableIn(StoreView view, string target)
    {
        var network = view.Find<Network>(target) ?? view.FindByName<Network>(target) ?? throw UseCaseException.NotFound("network", target);
        if (!network.Spec.Attachable)
        {
            throw new UseCaseException(UseCaseError.PermissionDenied, $"network {target} not manually attachable");
        }

        return network.PendingDelete ? throw UseCaseException.Precondition($"network {target} is being removed") : network;
    }
}
