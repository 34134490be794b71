using System.Net;
using SwarmOrleans.Agent;

namespace SwarmOrleans.Daemon;

/// <summary>The daemon's flags, checked.</summary>
internal sealed record NodeOptions
{
    public required string StateDirectory { get; init; }

    public required string Hostname { get; init; }

    public required IPEndPoint ListenRemoteApi { get; init; }

    public required IPEndPoint AdvertiseRemoteApi { get; init; }

    public required string ControlSocket { get; init; }

    public string JoinAddress { get; init; } = "";

    public string JoinToken { get; init; } = "";

    public bool ForceNewCluster { get; init; }

    public required ExecutorKind Executor { get; init; }

    public required Uri Engine { get; init; }

    public bool StopTasksOnExit { get; init; }
}
