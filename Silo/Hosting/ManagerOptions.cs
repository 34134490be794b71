using System.Net;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Security;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>What a manager needs to know.</summary>
public sealed class ManagerOptions
{
    /// <summary>Where its log and keyring are.</summary>
    public required StateDirectory State { get; init; }

    /// <summary>Its identity.</summary>
    public required SecurityConfig Security { get; init; }

    /// <summary>Where the remote API listens.</summary>
    public required IPEndPoint ListenRemoteApi { get; init; }

    /// <summary>Where other nodes dial the remote API.</summary>
    public required IPEndPoint AdvertiseRemoteApi { get; init; }

    /// <summary>Path of the control socket.</summary>
    public required string ControlSocket { get; init; }

    /// <summary>Host name of the node.</summary>
    public required string Hostname { get; init; }

    /// <summary>Set on the very first manager: the new cluster's authority.</summary>
    public RootCa? NewCluster { get; init; }

    /// <summary>True to go on as the only manager with what this one knows, after the others are lost.</summary>
    public bool ForceNewCluster { get; init; }

    /// <summary>host:port of managers to join through; empty on the first and on a restarted manager.</summary>
    public IReadOnlyList<string> Managers { get; init; } = [];

    /// <summary>Clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Log.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }
}
