namespace SwarmOrleans.Security;

/// <summary>Who may call an RPC.</summary>
[Flags]
public enum Callers
{
    /// <summary>Nobody.</summary>
    None = 0,

    /// <summary>A node without certificate: it wants to join, and the method checks what it shows.</summary>
    Anyone = 1,

    /// <summary>A worker of the cluster.</summary>
    Worker = 2,

    /// <summary>A manager of the cluster, or a process that may open a manager's control socket.</summary>
    Manager = 4,

    /// <summary>Any node of the cluster.</summary>
    Node = Worker | Manager,
}
