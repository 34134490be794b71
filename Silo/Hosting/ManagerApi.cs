using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Control.Watching;
using SwarmOrleans.Raft.Group;
using SwarmOrleans.Raft.Transport;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Silo.Planning;
using SwarmOrleans.Silo.Rpc;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>The web host of a manager: remote API and control socket with the same services.</summary>
internal static class ManagerApi
{
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    public static WebApplication Build(
        ManagerOptions options, SwarmStore store, DispatcherCore dispatcher, IManagerHealth health, RaftListener listener, Func<ManagerGroupService> group)
    {
        // The empty one: the others look for settings in files, and watch a directory for them.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Reports of many tasks are large, and an agent's streams stay silent for long.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(options.ListenRemoteApi, o => o.UseSwarm(options.Security, listener));
            kestrel.ListenUnixSocket(options.ControlSocket, UseControlSocket);
        });
        var ids = RandomIdSource.Secure;
        builder.Services.AddSingleton<ISwarmStore>(store);
        builder.Services.AddSingleton(options.Security);
        builder.Services.AddSingleton(dispatcher);
        builder.Services.AddSingleton<AuthorizationInterceptor>();
        builder.Services.AddSingleton(new Services(store, ids, options.TimeProvider, ServedFeatures.Require));
        builder.Services.AddSingleton(new ServiceRollouts(store, options.TimeProvider));
        builder.Services.AddSingleton(new Tasks(store));
        builder.Services.AddSingleton(new Explanations(store, options.TimeProvider));
        builder.Services.AddSingleton(_ => new ServicePlanner(store, ids, options.TimeProvider, ServedFeatures.Require));
        builder.Services.AddSingleton(new Nodes(store, health, options.TimeProvider));
        builder.Services.AddSingleton(new Clusters(store, options.TimeProvider));
        builder.Services.AddSingleton(new Networks(store, ids));
        builder.Services.AddSingleton(new NetworkAttachments(store, ids, options.TimeProvider));
        builder.Services.AddSingleton(new Secrets(store, ids));
        builder.Services.AddSingleton(new Configs(store, ids));
        builder.Services.AddSingleton(new Volumes(store, ids, ServedFeatures.RefuseVolume));
        builder.Services.AddSingleton(new Extensions(store, ids));
        builder.Services.AddSingleton(new ExtensionResources(store, ids));
        builder.Services.AddSingleton(new Watches(store));
        builder.Services.AddSingleton(new NodeCertificateService(store, options.Security, ids, options.TimeProvider));
        builder.Services.AddTransient(_ => group());
        builder.Services.AddSingleton<ControlService>();
        builder.Services.AddSingleton<ExplainerService>();
        builder.Services.AddSingleton<WatchService>();
        builder.Services.AddSingleton<DispatcherService>();
        builder.Services.AddSingleton<CertificateAuthorityService>();
        builder.Services.AddSingleton<ResourceAllocatorService>();
        builder.Services.AddSingleton<HealthService>();
        builder.Services.AddGrpc(o =>
        {
            o.Interceptors.Add<AuthorizationInterceptor>();
            o.MaxReceiveMessageSize = 64 << 20;
            o.MaxSendMessageSize = null;
        });

        var app = builder.Build();
        app.Use((context, next) =>
        {
            // Nothing lives as long as a call: no scope of services need be made for each.
            context.RequestServices = app.Services;
            return next(context);
        });
        app.MapGrpcService<ControlService>();
        app.MapGrpcService<ExplainerService>();
        app.MapGrpcService<WatchService>();
        app.MapGrpcService<DispatcherService>();
        app.MapGrpcService<ResourceAllocatorService>();
        app.MapGrpcService<CertificateAuthorityService>();
        app.MapGrpcService<NodeCertificateService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcService<ManagerGroupService>();
        return app;
    }

    /// <summary>Removes a socket that a killed process left, and makes the directory.</summary>
    public static void PrepareSocket(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.Delete(path);
    }

    /// <summary>Lets the owner and the group use the socket.</summary>
    public static void ProtectSocket(string path) => File.SetUnixFileMode(path, SocketMode);

    private static void UseControlSocket(ListenOptions options)
    {
        options.Protocols = HttpProtocols.Http2;
        options.Use(next => connection =>
        {
            connection.Items[CallerContext.LocalConnection] = true;
            return next(connection);
        });
    }
}
