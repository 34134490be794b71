using SwarmOrleans.Control;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>The Control API over gRPC, a file a noun: requests go to the use cases, their refusals come back as status codes.</summary>
public sealed partial class ControlService(
    Services services,
    ServiceRollouts rollouts,
    Tasks tasks,
    Nodes nodes,
    Clusters clusters,
    Networks networks,
    Secrets secrets,
    Configs configs,
    Volumes volumes,
    Extensions extensions,
    ExtensionResources resources) : ControlRpc.ControlBase
{
    private static Task<T> AnswerAsync<T>(Func<Task<T>> call) => UseCaseErrors.AnswerAsync(call);
}
