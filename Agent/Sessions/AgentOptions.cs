using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>What an agent is made of.</summary>
public sealed class AgentOptions
{
    /// <summary>Runs the tasks.</summary>
    public required IExecutor Executor { get; init; }

    /// <summary>Remembers them.</summary>
    public required ITaskDatabase Database { get; init; }

    /// <summary>The managers.</summary>
    public required IManagerSource Managers { get; init; }

    /// <summary>
    /// Where secrets and configs of tasks become files, while their tasks need them; only this user can enter it. Empty for an agent whose tasks have none.
    /// </summary>
    public string FilesDirectory { get; init; } = "";

    /// <summary>Host name to show instead of the executor's; empty for that.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Called with every session message, before it is acted on: the node keeps managers, roles and roots up to date by it.</summary>
    public Action<SessionMessage>? OnSessionMessage { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Spreads reconnects.</summary>
    public required Random Random { get; init; }

    /// <summary>Log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
